import type { Project, Release, Service, Tls } from '../../model/index.ts';
import { certificateWish } from '../../plan/index.ts';
import type { RunContext } from '../deps.ts';

/** A release to go back to, and the services for which the certificate of today stays. */
export type Lasting = { readonly release: Release; readonly kept: readonly string[] };

/**
 * A release to go back to brings its certificates of files back, save those that have ended since: there the ones that serve
 * now stay, if they are for its hosts. Going back is about what runs, and must not fail for a date.
 */
export async function withLastingCertificates(
  ctx: Pick<RunContext, 'app' | 'certificates'>,
  release: Release,
  now: Project,
): Promise<Lasting> {
  const kept: string[] = [];
  const services = await Promise.all(
    release.project.services.map(async (service): Promise<Service> => {
      const tls = await lastingTls(ctx, service, now);
      if (tls === undefined) return service;
      kept.push(service.name);
      return { ...service, tls };
    }),
  );
  return { release: { ...release, project: { ...release.project, services } }, kept };
}

async function lastingTls(
  { app, certificates }: Pick<RunContext, 'app' | 'certificates'>,
  service: Service,
  now: Project,
): Promise<Tls | undefined> {
  const wish = certificateWish(app, service);
  if (wish?.source.kind !== 'files' || (await certificates.pairProblem(wish.source)) === undefined) return undefined;
  const serving = now.services.find((s) => s.name === service.name);
  const other = serving === undefined ? undefined : certificateWish(app, serving);
  if (serving?.tls === undefined || other?.source.kind !== 'files' || (await certificates.pairProblem(other.source)) !== undefined)
    return undefined;
  const isFor = (host: string): boolean => other.hosts.includes(host) || other.hosts.includes(host.replace(/^[^.]+/, '*'));
  return wish.hosts.every(isFor) ? { ...service.tls, certificate: serving.tls.certificate } : undefined;
}
