import { BerthError } from '../../errors/index.ts';
import { labels, type Action, type Front, type ServiceFront } from '../../model/index.ts';
import {
  addToFront,
  drainInFront,
  openFront,
  portsToCarry,
  removeFromFront,
  serviceFront,
  settleFront,
  type FrontServer,
  type FrontWish,
} from '../../plan/index.ts';
import type { ContainerDetails } from '../../ports/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { frontAddressName, frontPlace, withAddresses } from '../target/front-place.ts';
import { addressOf, needInstance } from '../target/instances.ts';
import { learnRelease } from '../traffic.ts';
import { untilUncalled } from './quiet.ts';
import { awaitUp, drainFrom, type Drained } from './traffic.ts';

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** What a service wants of its front. Until probing told the protocol, connections are passed on as they come. */
export function wantedFront(side: Side, app: string, service: string): FrontWish {
  const s = side.services.get(service);
  if (s === undefined) return { listeners: [], backends: [] };
  const pin = side.pins.get(service);
  const check = s.probe.check.kind === 'find' ? (pin?.check ?? { kind: 'tcp' as const }) : s.probe.check;
  return serviceFront({ app, s, protocol: s.protocol ?? pin?.protocol ?? 'tcp', check });
}

/** Makes the front of a service, or opens on it what is newly wanted; instances that answer already are behind it at once. */
export async function openFrontOf(ctx: RunContext, side: Side, action: Of<'front.open'>, signal: AbortSignal): Promise<{ note: string }> {
  const { service } = action;
  const place = await placeOf(ctx, side, service, signal);
  const wanted = wantedFront(side, ctx.app, service);
  const servers = await Promise.all(
    action.instances.map(async (name) => serverOf(ctx, side, { service, details: await needInstance(ctx, name, signal) }, signal)),
  );
  const of = { app: ctx.app, service };
  await ctx.fronts.change(of, (before) => servers.reduce(addToFront, openFront(before, place, wanted)), signal);
  return { note: place.networks.flatMap((n) => n.address ?? []).join(', ') };
}

/** Puts an instance behind the front of its service, on every port that it listens on, and returns when HAProxy calls it up. */
export async function addToFrontOf(ctx: RunContext, side: Side, action: Of<'front.add'>, signal: AbortSignal): Promise<{ note?: string }> {
  const { service, instance } = action;
  const wanted = wantedFront(side, ctx.app, service);
  const details = await needInstance(ctx, instance, signal);
  const server = await serverOf(ctx, side, { service, details }, signal);
  learnRelease(ctx, details);
  const before = ctx.store.getFront(ctx.app, service);
  const place: Front = before ?? (await placeOf(ctx, side, service, signal));
  const of = { app: ctx.app, service };
  await ctx.fronts.change(of, (now) => addToFront(openFront(now, placeAt(now ?? place), wanted), server), signal);
  const proxy = ctx.fronts.find(ctx.app, service);
  if (server.ports.length === 0) return { note: 'it listens on no port that others could call' };
  if (proxy !== undefined) await awaitUp(ctx.clock, proxy, { instance, isMine: (s) => s.server === instance }, signal);
  return { note: `port ${server.ports.join(', ')}` };
}

/** Lets an instance finish what came through the front: nothing new, in-flight requests end. */
export async function drainFromFront(ctx: RunContext, action: Of<'front.drain'>, signal: AbortSignal): Promise<Drained> {
  const { service, instance, drainMs, longDrainMs } = action;
  const before = ctx.store.getFront(ctx.app, service);
  const proxy = ctx.fronts.find(ctx.app, service);
  if (before === undefined || proxy === undefined) return { closed: 0, requests: 0, responses5xx: 0, responseMs: 0 };
  await ctx.fronts.change({ app: ctx.app, service }, (now) => drainInFront(now ?? before, instance), signal);
  const backends = before.backends.filter((b) => b.servers.some((s) => s.name === instance));
  return drainFrom(proxy, { backends, instance, drainMs, longDrainMs }, signal);
}

/** Takes an instance out of its service's front for good, and ports with it that only it had. */
export async function leaveFront(
  ctx: RunContext,
  side: Side,
  instance: { service: string; name: string },
  signal: AbortSignal,
): Promise<void> {
  const { service, name } = instance;
  const before = ctx.store.getFront(ctx.app, service);
  if (before?.backends.some((b) => b.servers.some((s) => s.name === name)) !== true) return;
  const wanted = wantedFront(side, ctx.app, service);
  await ctx.fronts.change({ app: ctx.app, service }, (now) => removeFromFront(now ?? before, name, wanted), signal);
}

/** Makes the front of a service exactly as wanted, when all of its instances are of one release. */
export async function settleFrontOf(ctx: RunContext, side: Side, action: Of<'front.settle'>, signal: AbortSignal): Promise<void> {
  const place = await placeOf(ctx, side, action.service, signal);
  const wanted = wantedFront(side, ctx.app, action.service);
  await ctx.fronts.change({ app: ctx.app, service: action.service }, (before) => settleFront(before, place, wanted), signal);
}

/** Who has asked for an address connects within a moment; caches remember it longer, and have the time of the drain. */
const quietMs = 500;

/** Takes the front of a service away; one that is to come back keeps its address. */
export async function removeFront(ctx: RunContext, action: Of<'front.remove'>, signal: AbortSignal): Promise<void> {
  const of = { app: ctx.app, service: action.service };
  if (action.drainMs !== undefined) await giveUpName(ctx, { ...of, drainMs: action.drainMs }, signal);
  await ctx.fronts.remove({ ...of, finishes: action.drainMs !== undefined }, signal);
  if (!action.keepsAddress) ctx.store.freeAddresses(frontAddressName(ctx.app, action.service), ctx.clock.now());
}

/** The name leads to the instances alone from here on. Who remembers the front's address still finds it there for a while. */
async function giveUpName(ctx: RunContext, of: { app: string; service: string; drainMs: number }, signal: AbortSignal): Promise<void> {
  const before = ctx.store.getFront(of.app, of.service);
  if (before === undefined) return;
  const nameless = before.networks.map((n) => ({ ...n, aliases: [] }));
  await ctx.fronts.change(of, (now) => ({ ...(now ?? before), networks: nameless }), signal);
  const wanted = {
    [labels.app]: of.app,
    [labels.installation]: ctx.store.installation,
    [labels.role]: 'front',
    [labels.service]: of.service,
  };
  const containers = await ctx.target.engine.listContainers({ labels: wanted }, signal);
  await Promise.all(containers.map((c) => untilUncalled(ctx, { container: c.id, drainMs: of.drainMs, quietMs, except: [] }, signal)));
}

async function placeOf(ctx: RunContext, side: Side, service: string, signal: AbortSignal): Promise<Front> {
  const s = side.services.get(service);
  if (s === undefined) throw new BerthError('INTERNAL', `Release ${side.release} has no service ${service}.`);
  return withAddresses(ctx, frontPlace(ctx, side, s, await ctx.target.engine.listNetworks(signal)));
}

function placeAt({ app, service, networks }: Front | ServiceFront): Front {
  return { app, service, networks };
}

/** An instance as its front reaches it, with the ports that it listens on now. */
async function serverOf(
  ctx: RunContext,
  side: Side,
  { service, details }: { service: string; details: ContainerDetails },
  signal: AbortSignal,
): Promise<FrontServer> {
  const { name } = details;
  const address = addressOf(details);
  if (address === undefined) throw new BerthError('EDGE_FAILED', `${name} has no address that a front could use.`);
  const known = side.services.get(service)?.tcpPorts ?? [];
  return { name, address, ports: await openPorts(ctx, { details, address, known }, signal) };
}

/** Where the kernel's table of the instance cannot be read (an engine in a machine of its own), the known ports are tried. */
async function openPorts(
  ctx: RunContext,
  of: { details: ContainerDetails; address: string; known: readonly number[] },
  signal: AbortSignal,
): Promise<number[]> {
  const found = await ctx.host.listeners(of.details.pid);
  if (found.length > 0) return portsToCarry(found, of.known);
  const answers = await Promise.all(
    of.known.map(async (port) => ((await ctx.prober.tcp({ address: of.address, port, timeoutMs: 1000 }, signal)).ok ? port : undefined)),
  );
  return answers.filter((port) => port !== undefined);
}
