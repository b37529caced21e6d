import type { CertificateStatus } from '../../contract/index.ts';
import { BerthError } from '../../errors/index.ts';
import type { CertificateWish, HeldCertificate, Service } from '../../model/index.ts';
import { certificateWarning, certificateWish, chooseCertificate, dueAtMs } from '../../plan/index.ts';
import type { RunContext, RunDeps } from '../deps.ts';
import type { CertificateKeeper } from './certificate-keeper.ts';
import { wantedNow, type Wanted } from './wishes.ts';

type Deps = Pick<RunDeps, 'store' | 'clock' | 'certificates'>;

/** The certificates that the apps as they serve need, by their first host. */
export function certificateStatuses(deps: Deps): CertificateStatus[] {
  const nowMs = deps.clock.now();
  const groups = Map.groupBy(wantedNow(deps.store), ({ wish }) => chooseCertificate(deps.certificates.list(), wish, nowMs)?.id ?? wish.id);
  const all = [...groups.values()].flatMap((wanted) => (wanted[0] === undefined ? [] : [toStatus(deps, wanted[0].wish, wanted)]));
  return all.toSorted((a, b) => (a.hosts[0] ?? '').localeCompare(b.hosts[0] ?? '') || a.id.localeCompare(b.id));
}

/** The certificate of a service, as part of its status. */
export function certificateOf(
  ctx: Pick<RunContext, 'app' | 'clock' | 'certificates'>,
  service: Service,
): { certificate?: CertificateStatus } {
  const wish = certificateWish(ctx.app, service);
  if (wish === undefined) return {};
  return { certificate: toStatus(ctx, wish, [{ wish, app: ctx.app, service: service.name }]) };
}

function toStatus(deps: Pick<Deps, 'clock' | 'certificates'>, wish: CertificateWish, wanted: readonly Wanted[]): CertificateStatus {
  const nowMs = deps.clock.now();
  const held = chooseCertificate(deps.certificates.list(), wish, nowMs);
  const warning = held === undefined ? undefined : certificateWarning(held, nowMs);
  const renews = held !== undefined && !held.placeholder && wish.source.kind !== 'files';
  return {
    id: held?.id ?? wish.id,
    hosts: [...(held ?? wish).hosts],
    kind: wish.source.kind,
    ...(wish.source.kind === 'acme' ? { directory: wish.source.directory } : {}),
    state: stateOf(held, nowMs),
    ...(held === undefined ? {} : { issuer: held.issuer, notAfterMs: held.notAfterMs }),
    ...(renews ? { renewAtMs: Math.max(dueAtMs(held), held.trouble?.nextTryAtMs ?? 0) } : {}),
    ...(warning === undefined ? {} : { warning }),
    usedBy: wanted.map(({ app, service }) => `${app}/${service}`).toSorted(),
  };
}

function stateOf(held: HeldCertificate | undefined, nowMs: number): CertificateStatus['state'] {
  if (held === undefined) return 'missing';
  if (held.notAfterMs <= nowMs) return 'expired';
  return held.placeholder ? 'placeholder' : 'valid';
}

/** Renews now what is named, and answers it as it is then. Everything is tried; the first failure is thrown. */
export async function renewCertificates(
  deps: Deps,
  keeper: CertificateKeeper,
  hosts: readonly string[],
  signal: AbortSignal,
): Promise<CertificateStatus[]> {
  const wishes = keeper.wishes();
  const named = wishes.filter((wish) => hosts.length === 0 || hosts.some((host) => wish.hosts.includes(host.toLowerCase())));
  const known = wishes.flatMap((wish) => wish.hosts);
  const unknown = hosts.find((host) => !known.includes(host.toLowerCase()));
  if (unknown !== undefined) {
    throw new BerthError('USAGE', `No service has a certificate for ${unknown}.`, {
      hint: known.length === 0 ? 'See `x-berth.tls`.' : `There are: ${known.join(', ')}.`,
    });
  }
  const own = named.find((wish) => wish.source.kind === 'files');
  if (own !== undefined && hosts.length > 0) {
    throw new BerthError('USAGE', `The certificate for ${own.hosts.join(', ')} is of files of your own.`, {
      hint: 'Replace the files, then run `berth up`.',
    });
  }
  const failures: unknown[] = [];
  const tried = new Set<string>();
  for (const wish of named) {
    const serving = keeper.servedBy(wish);
    if (tried.has(serving.id)) continue;
    tried.add(serving.id);
    await keeper.renew(serving, signal).catch((thrown: unknown) => failures.push(thrown));
  }
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  const renewed = wantedNow(deps.store).filter(({ wish }) => named.some((one) => one.id === wish.id));
  return certificateStatuses(deps).filter(({ usedBy }) => renewed.some(({ app, service }) => usedBy.includes(`${app}/${service}`)));
}
