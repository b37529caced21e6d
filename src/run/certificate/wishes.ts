import { filesFingerprint, type CertificateWish, type HeldCertificate, type ListenerCertificate, type Service } from '../../model/index.ts';
import {
  certificateWish,
  chooseCertificate,
  dueAtMs,
  listenerCertificates,
  standInFor,
  type ObservedCertificate,
} from '../../plan/index.ts';
import type { Certificates, Clock, Store } from '../../ports/index.ts';

type Known = { readonly app: string; readonly certificates: Pick<Certificates, 'list'>; readonly clock: Pick<Clock, 'now'> };

/** A wish, who has it, and the certificate that serves it now. */
export type Wanted = { readonly wish: CertificateWish; readonly app: string; readonly service: string };

/** The certificates that the edge is told of for a service. */
export function certificatesOf(ctx: Known, service: Service): ListenerCertificate[] {
  const wish = certificateWish(ctx.app, service);
  return wish === undefined ? [] : listenerCertificates(wish, chooseCertificate(ctx.certificates.list(), wish, ctx.clock.now()));
}

/** What a rollout has to do for the certificates of its services. */
export function observeCertificates(
  ctx: Known,
  side: { readonly services: ReadonlyMap<string, { readonly service: Service }> },
): Record<string, ObservedCertificate> {
  const all = [...side.services.values()].flatMap(({ service }) => {
    const wish = certificateWish(ctx.app, service);
    return wish === undefined ? [] : [[service.name, observed(ctx, wish)] as const];
  });
  return Object.fromEntries(all);
}

function observed(ctx: Known, wish: CertificateWish): ObservedCertificate {
  const nowMs = ctx.clock.now();
  const held = chooseCertificate(ctx.certificates.list(), wish, nowMs);
  const { hosts, source } = wish;
  switch (source.kind) {
    case 'files': {
      if (held?.fingerprint === filesFingerprint(source)) return { hosts };
      return { hosts, ensure: held === undefined ? 'the files of the certificate are new' : 'the files of the certificate changed' };
    }
    case 'internal':
      return held === undefined || dueAtMs(held) <= nowMs ? { hosts, ensure: "of berth's own authority" } : { hosts };
    case 'acme': {
      const standIn = standInFor(ctx.certificates.list(), wish, nowMs);
      const until = standIn === undefined ? "of berth's own authority" : 'the one that its hosts had before';
      const ensure = held === undefined ? { ensure: `${until}, until the ordered one is there` } : {};
      const order = isWanted(held, nowMs) ? { order: `of ${new URL(source.directory).host}, which asks port 80` } : {};
      return { hosts, ...ensure, ...order };
    }
  }
}

/** Whether an ACME certificate is to be ordered now: there is none, or it is due, and no failure says to wait. */
export function isWanted(held: HeldCertificate | undefined, nowMs: number): boolean {
  if (held === undefined) return true;
  return (held.placeholder || dueAtMs(held) <= nowMs) && (held.trouble?.nextTryAtMs ?? 0) <= nowMs;
}

/** Every certificate that the apps as they serve need. */
export function wantedNow(store: Pick<Store, 'listApps' | 'getRelease'>): Wanted[] {
  return store.listApps().flatMap((app) => {
    const release = app.currentRelease === undefined ? undefined : store.getRelease(app.name, app.currentRelease);
    return (release?.project.services ?? []).flatMap((service) => {
      const wish = certificateWish(app.name, service);
      return wish === undefined ? [] : [{ wish, app: app.name, service: service.name }];
    });
  });
}

/** What the releases that are kept may still need: ids of certificates, and pairs of files. */
export function kept(store: Pick<Store, 'listApps' | 'listReleases'>): { ids: Set<string>; pairs: Set<string> } {
  const wishes = store
    .listApps()
    .flatMap((app) => store.listReleases(app.name).flatMap((r) => r.project.services.flatMap((s) => certificateWish(app.name, s) ?? [])));
  const pairs = wishes.flatMap(({ source }) => (source.kind === 'files' ? [`${source.certSha256}-${source.keySha256}`] : []));
  return { ids: new Set(wishes.map((w) => w.id)), pairs: new Set(pairs) };
}
