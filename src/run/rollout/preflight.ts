import { BerthError } from '../../errors/index.ts';
import type { AppEdge, Project, Service } from '../../model/index.ts';
import { certificateWish, findConflicts, mergeEdges, serviceEdge, type DesiredService } from '../../plan/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { wantedEdge } from '../actions/edge.ts';
import { claimantText, placeOf } from './claim-place.ts';

/** Checks all that would make a rollout fail for certain, before anything is changed. Throws exit-2 errors with the place. */
export async function preflight(ctx: RunContext, side: Side, only: readonly string[], signal: AbortSignal): Promise<void> {
  await checkExternals(ctx, side, signal);
  const services = [...side.services.values()].filter((s) => only.length === 0 || only.includes(s.service.name));
  const wanted = wantedAppEdge(ctx, side, services);
  const others = ctx.store.listEdges().filter((e) => e.app !== ctx.app);
  const [conflict] = findConflicts([...others, wanted]);
  if (conflict !== undefined) {
    const [first, second] = [conflict.first, conflict.second].map((who) => claimantText(ctx, side, who, conflict));
    throw new BerthError('ROUTE_CONFLICT', `${conflict.what} is claimed by ${first} and by ${second}.`, {
      hint: 'Give one of them another published port, or distinct x-berth.routes.',
    });
  }
  await checkPorts(ctx, side, { wanted, services }, signal);
  await checkCertificates(
    ctx,
    side.project,
    services.map((s) => s.service),
  );
}

/**
 * Checks that no certificate of the user's own has expired: the rest was checked where its files were read, but the time is the
 * server's to tell. Throws CERTIFICATE_INVALID with the place.
 */
export async function checkCertificates(ctx: RunContext, project: Project, services: readonly Service[]): Promise<void> {
  for (const service of services) {
    const wish = certificateWish(ctx.app, service);
    if (wish?.source.kind !== 'files') continue;
    const problem = await ctx.certificates.pairProblem(wish.source);
    if (problem === undefined) continue;
    const place = at(project.places[`services.${service.name}.x-berth.tls`]);
    throw new BerthError('CERTIFICATE_INVALID', `The certificate of ${service.name}${place} cannot be used: ${problem}.`, {
      hint: 'Put a certificate that is valid now in its place. What serves goes on serving.',
    });
  }
}

function wantedAppEdge(ctx: RunContext, side: Side, services: readonly DesiredService[]): AppEdge {
  const parts = services.map((s) => wantedEdge(ctx, side, s.service.name));
  return { app: ctx.app, listeners: parts.flatMap((p) => p.listeners), backends: parts.flatMap((p) => p.backends) };
}

async function checkExternals(ctx: RunContext, side: Side, signal: AbortSignal): Promise<void> {
  const { engine } = ctx.target;
  for (const network of side.project.networks.filter((n) => n.external)) {
    if ((await engine.inspectNetwork(network.name, signal)) === undefined) {
      throw missing(side, 'networks', network, `docker network create ${network.name}`);
    }
  }
  for (const volume of side.project.volumes.filter((v) => v.external)) {
    if ((await engine.inspectVolume(volume.name, signal)) === undefined) {
      throw missing(side, 'volumes', volume, `docker volume create ${volume.name}`);
    }
  }
}

function missing(side: Side, kind: 'networks' | 'volumes', thing: { key: string; name: string }, command: string): BerthError {
  const noun = kind === 'networks' ? 'network' : 'volume';
  return new BerthError(
    'FILE_INVALID',
    `The external ${noun} ${thing.name} does not exist${at(side.project.places[`${kind}.${thing.key}`])}.`,
    { hint: `Create it with \`${command}\`.` },
  );
}

const at = (place: string | undefined): string => (place === undefined ? '' : ` (${place})`);

/** Asks the kernel who holds each port that the edge does not have yet. */
async function checkPorts(
  ctx: RunContext,
  side: Side,
  want: { wanted: AppEdge; services: readonly DesiredService[] },
  signal: AbortSignal,
): Promise<void> {
  const bound = new Set(mergeEdges(ctx.store.listEdges()).listeners.map((l) => `${l.address} ${l.port}`));
  for (const l of want.wanted.listeners) {
    if (bound.has(`${l.address} ${l.port}`)) continue;
    const holder = await ctx.target.dataPlane.portHolder({ address: l.address, port: l.port }, signal);
    if (holder === undefined) continue;
    const owner = want.services.find((s) =>
      serviceEdge({ app: ctx.app, s, protocol: 'http', check: { kind: 'tcp' }, certificates: [] }).listeners.some((o) => o.port === l.port),
    );
    const place = owner === undefined ? undefined : placeOf(side.project, owner.service.name, l);
    const borrowed = owner?.service.routes.find((r) => r.port === l.port)?.from;
    throw new BerthError('PORT_TAKEN', `Port ${l.port} is held by ${holder}${at(place)}.`, {
      hint:
        borrowed === undefined
          ? 'Publish another port, or stop what holds it.'
          : `It is wanted for routes made of ${borrowed}. Stop what holds it, or write \`x-berth: {routes: []}\` where it shall go on serving them.`,
      details: { port: l.port, holder },
    });
  }
}
