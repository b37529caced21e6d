import { Buffer } from 'node:buffer';
import type { Deployment } from '../../contract/index.ts';
import { BerthError } from '../../errors/index.ts';
import { sha256 } from '../../kit/index.ts';
import type { FileGrant } from '../../model/index.ts';
import type { RunDeps } from '../deps.ts';

/** The key under which the host path of a kept file is found: the same bytes with another owner or mode are another file. */
export function fileKey(grant: Pick<FileGrant, 'sha256' | 'mode' | 'uid' | 'gid'>): string {
  return `${grant.sha256}:${grant.mode}:${grant.uid ?? ''}:${grant.gid ?? ''}`;
}

/**
 * Keeps the secrets and configs of a deployment on the machine and answers their paths by {@link fileKey}. Bytes that
 * did not travel with the request (a resumed rollout, a rollback) were kept by an earlier one: then the path is asked
 * for when the container is made.
 */
export async function keepFiles(deps: Pick<RunDeps, 'host' | 'certificates'>, deployment: Deployment): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (const grant of deployment.project.services.flatMap((s) => s.files)) {
    const text = deployment.files[grant.sha256];
    if (text === undefined) continue;
    const content = Buffer.from(text, 'base64');
    if (sha256(content) !== grant.sha256)
      throw new BerthError('INVALID_REQUEST', `The bytes of ${grant.kind} ${grant.source} are not what the project says.`);
    kept.set(fileKey(grant), await deps.host.keepFile({ sha256: grant.sha256, content, mode: grant.mode, uid: grant.uid, gid: grant.gid }));
  }
  await keepPairs(deps, deployment);
  return kept;
}

/** Certificates and their keys never lie with the files that instances mount. */
async function keepPairs({ certificates }: Pick<RunDeps, 'certificates'>, { project, files }: Deployment): Promise<void> {
  for (const { tls } of project.services) {
    if (tls?.certificate.kind !== 'files') continue;
    const [cert, key] = [files[tls.certificate.certSha256], files[tls.certificate.keySha256]];
    if (cert !== undefined && key !== undefined)
      await certificates.keepPair({ cert: Buffer.from(cert, 'base64'), key: Buffer.from(key, 'base64') });
  }
}
