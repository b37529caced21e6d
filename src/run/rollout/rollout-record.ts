import { BerthError, type BerthErrorData } from '../../errors/index.ts';
import type { Pin, Release, RolloutEvent, RolloutState } from '../../model/index.ts';
import { mergeEdges } from '../../plan/index.ts';
import { removeJobs } from '../actions/job.ts';
import type { RunContext } from '../deps.ts';
import { pruneSecrets } from '../target/secrets.ts';

/** How many releases keep their spec and images. */
const keptReleases = 5;

/** Where a person reaches an app: one address for every listener and host, and for paths that none of these covers. */
export function urlsOf(ctx: Pick<RunContext, 'store'>, app: string, service?: string): string[] {
  const edge = ctx.store.getEdge(app);
  if (edge === undefined) return [];
  const serves = (backend: string | undefined): boolean =>
    backend !== undefined && (service === undefined || edge.backends.some((b) => b.name === backend && b.service === service));
  const urls = mergeEdges([edge]).listeners.flatMap((l) => {
    const [scheme, usual] = l.tls === undefined ? ['http', 80] : ['https', 443];
    const authority = (host: string): string => (l.port === usual ? host : `${host}:${l.port}`);
    const own = l.address === '' ? 'localhost' : l.address.includes(':') ? `[${l.address}]` : l.address;
    if (l.mode === 'tcp') {
      const asked = l.rules.filter((r) => serves(r.backend)).map((r) => r.host ?? own);
      return [...asked, ...(serves(l.fallback) ? [own] : [])].map((host) => `tcp://${host}:${l.port}`);
    }
    const named = l.rules
      .filter((r) => serves(r.backend) && r.rules?.httpsRedirect === undefined)
      .map((r) => `${scheme}://${authority(r.host ?? 'localhost')}${r.path === '/' ? '' : r.path}`);
    return serves(l.fallback) ? [...named, `${scheme}://${authority(own)}`] : named;
  });
  return [...new Set(urls)].filter((url) => !urls.some((above) => url.startsWith(`${above}/`)));
}

/** The addresses behind which instances are wanted: not those of services that are stopped or scaled to none. */
function servingUrls({ store, app }: Pick<RunContext, 'store' | 'app'>): string[] {
  const record = store.getApp(app);
  const release = record?.currentRelease === undefined ? undefined : store.getRelease(app, record.currentRelease);
  if (record === undefined || release === undefined) return [];
  const serving = release.project.services.filter(
    (s) => !record.stoppedServices.includes(s.name) && (record.replicas[s.name] ?? s.replicas) > 0,
  );
  return [...new Set(serving.flatMap((s) => urlsOf({ store }, app, s.name)))];
}

/** Makes a release the current one; the same again changes nothing. */
export function promoteRelease(ctx: Pick<RunContext, 'store' | 'app'>, number: number): void {
  const app = ctx.store.getApp(ctx.app);
  const release = ctx.store.getRelease(ctx.app, number);
  if (app === undefined || release === undefined)
    throw new BerthError('INTERNAL', `Release ${number} of ${ctx.app} is not in the database.`);
  const before =
    app.currentRelease === undefined || app.currentRelease === number ? undefined : ctx.store.getRelease(ctx.app, app.currentRelease);
  if (before !== undefined) ctx.store.putRelease({ ...before, state: 'superseded' });
  ctx.store.putRelease({ ...release, state: 'current' });
  for (const [service, pin] of Object.entries(release.pins)) ctx.store.putPin(ctx.app, service, pin);
  ctx.store.putApp({ ...app, directory: release.project.directory, currentRelease: number });
}

/** Keeps what probing found about a service with the release that is being rolled out. */
export function keepPin(ctx: Pick<RunContext, 'store' | 'app'>, number: number, found: { service: string; pin: Pin }): void {
  const release = ctx.store.getRelease(ctx.app, number);
  if (release !== undefined) ctx.store.putRelease({ ...release, pins: { ...release.pins, [found.service]: found.pin } });
}

/** Forgets releases beyond the last five that served (and every failed one but the newest), with their image tags. */
export async function pruneReleases(ctx: RunContext, signal: AbortSignal): Promise<void> {
  const all = ctx.store.listReleases(ctx.app);
  const served = all.filter((r) => r.state === 'current' || r.state === 'superseded').slice(0, keptReleases);
  const failed = all.filter((r) => r.state === 'failed').slice(0, 1);
  const kept = new Set(
    [...served, ...failed, ...all.filter((r) => r.state === 'pending' && r.rolloutId === ctx.rolloutId)].map((r) => r.number),
  );
  for (const release of all.filter((r) => !kept.has(r.number))) await deleteRelease(ctx, release, signal);
  pruneSecrets(ctx);
}

async function deleteRelease(ctx: RunContext, release: Release, signal: AbortSignal): Promise<void> {
  for (const image of Object.values(release.images)) await ctx.target.engine.removeImage(image.tag, signal);
  await removeJobs(ctx, release.number, signal);
  ctx.store.deleteRelease(ctx.app, release.number);
}

/** Steps that may have to close connections. */
const closing: ReadonlySet<string> = new Set(['edge.drain', 'front.drain', 'instance.quiet']);

/** What a rollout ended with. */
export type Ending = {
  readonly state: RolloutState;
  readonly error?: BerthErrorData | undefined;
  readonly exitCode: number;
  readonly unchanged: boolean;
};

/**
 * Tells everybody how a rollout ended and writes it to the store: the event first, since whoever follows waits for it.
 * A server that dies in between finds the event and only writes the state ({@link finishEnding}).
 */
export function endRollout(ctx: RunContext, ending: Ending, input: { beganMs: number; release: number | undefined }): void {
  const drains = ctx.store.listJournal(ctx.rolloutId).filter((e) => closing.has(e.step.action.kind) && e.state === 'done');
  const event: EndedEvent = {
    type: 'rollout.ended',
    ...ending,
    release: input.release,
    serving: ctx.store.getApp(ctx.app)?.currentRelease,
    tookMs: ctx.clock.now() - input.beganMs,
    urls: servingUrls(ctx),
    closedConnections: drains.reduce((sum, e) => sum + closedOf(e.result), 0),
  };
  ctx.events.emit(ctx.rolloutId, ctx.app, event);
  writeEnd(ctx, ctx.rolloutId, event);
}

type EndedEvent = Extract<RolloutEvent, { type: 'rollout.ended' }>;

function writeEnd(ctx: Pick<RunContext, 'store' | 'clock'>, id: string, event: EndedEvent): void {
  ctx.store.updateRollout(id, {
    state: event.state,
    endedAtMs: ctx.clock.now(),
    ...(event.error === undefined ? {} : { error: event.error }),
  });
}

/** Writes the state of a rollout whose end was told but not written; answers whether that was so. */
export function finishEnding(ctx: Pick<RunContext, 'store' | 'clock'>, id: string): boolean {
  const told = ctx.store.listEvents({ rollout: id }).find((r) => r.event.type === 'rollout.ended');
  if (told?.event.type !== 'rollout.ended') return false;
  writeEnd(ctx, id, told.event);
  return true;
}

function closedOf(result: unknown): number {
  return typeof result === 'object' && result !== null && 'closed' in result && typeof result.closed === 'number' ? result.closed : 0;
}
