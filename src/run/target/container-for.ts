import { BerthError } from '../../errors/index.ts';
import { labels, type Role, type Service } from '../../model/index.ts';
import { toContainer, toEndpoints, type ContainerInput, type ContainerRequest, type JoinedNetwork } from '../../plan/container/index.ts';
import { hasFront, instanceName, updateOrder, type DesiredService } from '../../plan/index.ts';
import { edgeNetwork, ensureAddress, isOwnNetwork } from './addressing.ts';
import { anonymousVolumesOf } from './anonymous-volumes.ts';
import type { RunContext, Side } from '../deps.ts';
import { fileKey } from './kept-files.ts';
import { fillSecrets } from './secrets.ts';
import { edgeNetworkName, containerLabels } from './side.ts';

/** Which container of a service is wanted. */
export type Wanted = {
  readonly service: string;
  readonly name: string;
  readonly role: Role;
  /** The command and terminal of `berth run`. */
  readonly oneOff?: ({ readonly command: readonly string[] } & NonNullable<ContainerInput['overrides']>) | undefined;
};

/** Decides addresses, labels and files of a container and builds the request for the engine. */
export async function containerFor(ctx: RunContext, side: Side, wanted: Wanted, signal: AbortSignal): Promise<ContainerRequest> {
  const s = side.services.get(wanted.service);
  const image = side.images[wanted.service];
  if (s === undefined || image === undefined)
    throw new BerthError('INTERNAL', `Release ${side.release} has no image for ${wanted.service}.`);
  const { service } = s;
  const isInstance = wanted.role === 'instance';
  const networks = await joinNetworks(ctx, side, { s, instance: wanted.name, signal });
  const own = networks.find((n) => n.isEdge)?.name;
  const network = service.networkMode === 'host' ? 'host' : own;
  const base = containerLabels(ctx, side, { service: service.name, name: wanted.name, role: wanted.role, config: s.config });
  const command = wanted.role === 'release' ? service.release : wanted.oneOff?.command;
  return toContainer({
    service,
    image: (await hasTag(ctx, image.tag, image.id, signal)) ? image.tag : image.id,
    labels: {
      ...base,
      ...(network === undefined ? {} : { [labels.network]: network }),
      ...labelsOf(s, wanted.role),
    },
    networks,
    volumes: Object.fromEntries(side.project.volumes.map((v) => [v.key, v.name])),
    files: await filePaths(ctx, service),
    secrets: await fillSecrets(ctx, side, service),
    carried:
      isInstance && updateOrder(s).order === 'stop-first'
        ? anonymousVolumesOf(ctx, service.name).filter((v) => s.anonymousVolumes.includes(v.target))
        : [],
    once: !isInstance,
    command: command !== undefined && command.length > 0 ? command : undefined,
    overrides: wanted.oneOff,
    containerOf: (name) => instanceName(ctx.app, name, 1),
  });
}

/** How an instance joins the networks of its service, as it would be created now. */
export async function endpointsFor(
  ctx: RunContext,
  side: Side,
  of: { readonly service: string; readonly instance: string },
  signal: AbortSignal,
): Promise<ContainerRequest['connect']> {
  const s = side.services.get(of.service);
  if (s === undefined) throw new BerthError('INTERNAL', `Release ${side.release} has no service ${of.service}.`);
  return toEndpoints({ service: s.service, networks: await joinNetworks(ctx, side, { s, instance: of.instance, signal }), once: false });
}

/** What an instance says of itself besides whose it is. */
function labelsOf(s: DesiredService, role: Role): Record<string, string> {
  return {
    ...(role === 'instance' && hasFront(s) ? { [labels.internal]: 'front' } : {}),
    ...(s.service.container.restart === 'no' ? { [labels.restart]: 'no' } : {}),
  };
}

/** A tag reads better in `docker ps` than an id, as long as it still names this very image. */
async function hasTag(ctx: RunContext, tag: string, id: string, signal: AbortSignal): Promise<boolean> {
  return (await ctx.target.engine.inspectImage(tag, signal))?.id === id;
}

type Joined = JoinedNetwork & { readonly isEdge: boolean };

/** The networks of a service, highest priority first, with a fixed address wherever berth made the network. */
async function joinNetworks(
  ctx: RunContext,
  side: Side,
  input: { s: DesiredService; instance: string; signal: AbortSignal },
): Promise<Joined[]> {
  const { service } = input.s;
  if (service.networkMode !== undefined) return [];
  const edgeName = edgeNetworkName(ctx, side, service, await ctx.target.engine.listNetworks(input.signal));
  const attachments = service.networks.toSorted((a, b) => b.priority - a.priority);
  const joined = attachments.map((a): Joined => {
    const network = side.project.networks.find((n) => n.key === a.network);
    const name = network?.name ?? a.network;
    const address = isOwnNetwork(ctx, name) ? ensureAddress(ctx, name, input.instance) : undefined;
    const named = !hasFront(input.s) || network?.external === true;
    return { name, key: a.network, address, named, isEdge: name === edgeName };
  });
  const extra = edgeNetwork(ctx.app).name;
  if (edgeName !== undefined || !isOwnNetwork(ctx, extra)) return joined;
  return [...joined, { name: extra, key: undefined, address: ensureAddress(ctx, extra, input.instance), named: false, isEdge: true }];
}

/** Paths of a service's secrets and configs: kept by this request, or by an earlier one of the same bytes. */
async function filePaths(ctx: RunContext, service: Service): Promise<string[]> {
  return Promise.all(
    service.files.map(async (f) => {
      const path = ctx.files.get(fileKey(f)) ?? (await ctx.host.findFile({ sha256: f.sha256, mode: f.mode, uid: f.uid, gid: f.gid }));
      if (path !== undefined) return path;
      throw new BerthError('FILE_NOT_FOUND', `The bytes of ${f.kind} ${f.source} are no longer kept on this machine.`, {
        hint: 'Run `berth up` from the project again.',
      });
    }),
  );
}
