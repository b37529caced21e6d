import { labels, type Pin, type Project, type Release, type ReleaseImage, type SecretPin, type Service } from '../../model/index.ts';
import { configHash } from '../../plan/container/index.ts';
import {
  fittingPin,
  hasEdge,
  internalOf,
  jobServices,
  knownPorts,
  resolveProbe,
  servicePort,
  type Desired,
  type DesiredService,
  type ImageFacts,
} from '../../plan/index.ts';
import type { Engine, NetworkDetails } from '../../ports/index.ts';
import { edgeNetwork } from './addressing.ts';
import type { RunContext, Side } from '../deps.ts';
import { secretIds } from './secrets.ts';

/** What one release wants, before it is compared with anything. */
export type SideInput = {
  readonly release: number;
  readonly project: Project;
  readonly images: Readonly<Record<string, ReleaseImage>>;
  readonly pins: Readonly<Record<string, Pin>>;
  readonly secrets: Readonly<Record<string, SecretPin>>;
  /** Overrides of `berth scale`. */
  readonly replicas: Readonly<Record<string, number>>;
  /** Services to replace although nothing changed. */
  readonly force: readonly string[];
  /** Going to an earlier release: then `deploy.rollback_config` says how, where it is written. */
  readonly returning?: boolean;
};

const noFacts: ImageFacts = { healthcheck: false, exposedPorts: [], volumes: [] };

/** Decides everything about a release that can be decided before its containers run. */
export async function makeSide(ctx: Pick<RunContext, 'target' | 'app'>, input: SideInput, signal?: AbortSignal): Promise<Side> {
  const jobs = jobServices(input.project.services);
  const pins = new Map<string, Pin>();
  const services = await Promise.all(
    input.project.services.map(async (service): Promise<[string, DesiredService]> => {
      const image = input.images[service.name];
      const facts = image === undefined ? noFacts : await imageFacts(ctx.target.engine, image.id, signal);
      const pin = fittingPin(service, facts, input.pins[service.name]);
      if (pin !== undefined) pins.set(service.name, pin);
      return [service.name, toDesired(service, { input, image, facts, pin, isJob: jobs.has(service.name) })];
    }),
  );
  return {
    release: input.release,
    project: input.project,
    images: input.images,
    services: new Map(services),
    pins,
    secrets: input.secrets,
  };
}

function toDesired(
  written: Service,
  known: { input: SideInput; image: ReleaseImage | undefined; facts: ImageFacts; pin: Pin | undefined; isJob: boolean },
): DesiredService {
  const { input, image, facts, pin } = known;
  const service = input.returning === true && written.rollback !== undefined ? { ...written, rollout: written.rollback } : written;
  const port = servicePort(service, facts, pin);
  const mounted = new Set(service.mounts.map((m) => m.target));
  const base = {
    service,
    replicas: input.replicas[service.name] ?? service.replicas,
    probe: resolveProbe(service, facts, { port, pin }),
    protocol: service.protocol ?? (service.routes.length > 0 ? 'http' : pin?.protocol),
    port,
    tcpPorts: knownPorts(service, facts, port),
    isJob: known.isJob,
    anonymousVolumes: facts.volumes.filter((v) => !mounted.has(v)),
    force: input.force.includes(service.name),
  };
  const internal = internalOf(base, new Set(input.project.networks.filter((n) => n.external).map((n) => n.key)));
  const imageId = image?.id ?? `unbuilt:${service.build?.hash ?? service.image ?? ''}`;
  return {
    ...base,
    internal,
    config: configHash({ service, imageId, fronted: internal.kind === 'front', secrets: secretIds(service, input.secrets) }),
  };
}

async function imageFacts(engine: Engine, id: string, signal: AbortSignal | undefined): Promise<ImageFacts> {
  const image = await engine.inspectImage(id, signal);
  if (image === undefined) return noFacts;
  return {
    healthcheck: image.healthcheck,
    exposedPorts: image.exposedPorts.filter((p) => p.protocol === 'tcp').map((p) => p.port),
    volumes: image.volumes,
  };
}

/** The desired state of a side, with the networks and volumes it stands on. */
export function toDesiredState(
  ctx: Pick<RunContext, 'app' | 'store' | 'rolloutId'>,
  side: Side,
  networks: readonly NetworkDetails[],
): Desired {
  const used = new Set(side.project.services.flatMap((s) => s.networks.map((n) => n.network)));
  const own = side.project.networks.filter((n) => !n.external && used.has(n.key)).map((n) => n.key);
  const services = [...side.services.values()];
  const needsEdgeNetwork = services.some((s) => needsEdgeNetworkFor(ctx, side, s, networks));
  return {
    app: ctx.app,
    release: side.release,
    rolloutId: ctx.rolloutId,
    services,
    networks: needsEdgeNetwork ? [...own, edgeNetwork(ctx.app).key] : own,
    volumes: side.project.volumes.filter((v) => !v.external).map((v) => v.key),
  };
}

/** Whether none of a service's networks gives fixed addresses, though something outside has to reach it. */
function needsEdgeNetworkFor(ctx: Pick<RunContext, 'store'>, side: Side, s: DesiredService, networks: readonly NetworkDetails[]): boolean {
  if (s.service.networkMode !== undefined) return false;
  if (!hasEdge(s.service) && s.port === undefined) return false;
  return edgeNetworkName(ctx, side, s.service, networks) === undefined;
}

/** The engine name of the network on which the edge reaches a service: the first that berth made or will make. */
export function edgeNetworkName(
  ctx: Pick<RunContext, 'store'>,
  side: Side,
  service: Service,
  networks: readonly NetworkDetails[],
): string | undefined {
  for (const attachment of service.networks) {
    const network = side.project.networks.find((n) => n.key === attachment.network);
    if (network === undefined || network.external) continue;
    const exists = networks.some((n) => n.name === network.name);
    if (ctx.store.getSubnet(network.name) !== undefined) return network.name;
    const willBeOwn = !exists && network.ipam === undefined && (network.driver === undefined || network.driver === 'bridge');
    if (willBeOwn) return network.name;
  }
  return undefined;
}

/** What a stored release wants. */
export function sideInputOf(release: Release, replicas: Readonly<Record<string, number>>): SideInput {
  const { project, images, pins, secrets = {} } = release;
  return { release: release.number, project, images, pins, secrets, replicas, force: [] };
}

/** Labels that every container of an app carries. */
export function containerLabels(
  ctx: Pick<RunContext, 'app' | 'store' | 'rolloutId'>,
  side: Side,
  input: { service: string; name: string; role: string; config: string },
): Record<string, string> {
  return {
    [labels.app]: ctx.app,
    [labels.service]: input.service,
    [labels.release]: String(side.release),
    [labels.instance]: input.name,
    [labels.role]: input.role,
    [labels.installation]: ctx.store.installation,
    [labels.config]: input.config,
    [labels.rollout]: ctx.rolloutId,
  };
}
