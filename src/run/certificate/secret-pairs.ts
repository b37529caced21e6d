import { Buffer } from 'node:buffer';
import { BerthError } from '../../errors/index.ts';
import { sha256 } from '../../kit/index.ts';
import type { Project, Service, Tls } from '../../model/index.ts';
import type { CertificatePair } from '../../ports/index.ts';
import { covers, namesOf, readPair } from '../../spec/index.ts';
import type { RunContext } from '../deps.ts';
import type { Pinned } from '../target/secrets.ts';

type OfSecrets = Extract<Tls['certificate'], { kind: 'secrets' }>;
type Reading = { readonly project: Project; readonly service: Service; readonly source: OfSecrets };

/**
 * The project with the certificates that secrets hold as any others: checked, kept, and known by the hashes of the
 * versions that are pinned, so that a rollback finds its own. `remarks` are what is odd about them.
 */
export async function keepSecretPairs(
  ctx: Pick<RunContext, 'certificates'>,
  project: Project,
  read: Pinned['read'],
): Promise<{ readonly project: Project; readonly remarks: readonly string[] }> {
  const remarks: string[] = [];
  const services: Service[] = [];
  for (const service of project.services) {
    const source = service.tls?.certificate;
    if (service.tls === undefined || source?.kind !== 'secrets') {
      services.push(service);
      continue;
    }
    const pair = await readParts(source, read);
    remarks.push(...checkPair({ project, service, source }, pair));
    await ctx.certificates.keepPair(pair);
    const certificate = { kind: 'files', certSha256: sha256(pair.cert), keySha256: sha256(pair.key) } as const;
    services.push({ ...service, tls: { ...service.tls, certificate } });
  }
  return { project: { ...project, services }, remarks };
}

async function readParts({ cert, key }: OfSecrets, read: Pinned['read']): Promise<CertificatePair> {
  return { cert: 'pem' in cert ? Buffer.from(cert.pem) : await read(cert.secret), key: await read(key.secret) };
}

/** What the command line checks of files, it cannot check of secrets. */
function checkPair({ project, service, source }: Reading, pair: CertificatePair): string[] {
  const place = project.places[`services.${service.name}.x-berth.tls`];
  const at = place === undefined ? '' : ` (${place})`;
  const label = (part: 'cert' | 'key'): string => {
    const from = source[part];
    return `The ${part === 'cert' ? 'certificate' : 'key'} of ${service.name}${at}${'secret' in from ? `, the secret ${from.secret},` : ''}`;
  };
  const result = readPair(pair);
  if ('problem' in result) {
    const { in: part, message, hint } = result.problem;
    throw new BerthError('CERTIFICATE_INVALID', `${label(part)} ${message}.`, hint === undefined ? {} : { hint });
  }
  const { leaf, remarks } = result.pair;
  const uncovered = service.routes.flatMap(({ tls, host }) => (tls && host !== undefined && !covers(leaf, host) ? host : []));
  if (uncovered[0] !== undefined) {
    throw new BerthError('CERTIFICATE_INVALID', `${label('cert')} is not for ${uncovered[0]}, which it has a route for.`, {
      hint: `It is for: ${namesOf(leaf).join(', ') || 'no host at all'}.`,
    });
  }
  return remarks.map((remark) => `${label('cert')} ${remark}.`);
}
