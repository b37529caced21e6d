import type { Attachment, Service } from '../../model/index.ts';
import type { ContainerBody, EndpointBody } from '../../ports/index.ts';
import { toHostConfig } from './host-config.ts';
import type { ContainerInput, JoinedNetwork } from './input.ts';
import { present, type Json } from './present.ts';

/** A container as the engine is asked for it, and the networks that it joins before it starts. */
export type ContainerRequest = {
  readonly body: ContainerBody;
  readonly connect: readonly { readonly network: string; readonly endpoint: EndpointBody }[];
};

/** What decides how a container joins its networks. */
export type Joining = Pick<ContainerInput, 'service' | 'networks' | 'once'>;

const nano = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms * 1_000_000);

/** Turns a service into the body of `POST /containers/create` (Engine API 1.41, which takes one network; the others are joined after). */
export function toContainer(input: ContainerInput): ContainerRequest {
  const { service } = input;
  const [first, ...rest] = toEndpoints(input);
  const environment = { ...service.environment, ...input.secrets.environment, ...input.overrides?.environment };
  const body: ContainerBody = {
    Image: input.image,
    Labels: { ...service.container.labels, ...input.labels },
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    HostConfig: toHostConfig(input),
    ...toProcess(input),
    // An empty entry point is not an absent one: it takes that of the image away.
    ...(service.entrypoint === undefined ? {} : { Entrypoint: service.entrypoint }),
    ...(first === undefined ? {} : { NetworkingConfig: { EndpointsConfig: { [first.network]: first.endpoint } } }),
  };
  return { body, connect: rest };
}

/** The container's place on each of its networks. */
export function toEndpoints(input: Joining): ContainerRequest['connect'] {
  return input.networks.map((n) => ({ network: n.name, endpoint: endpoint(input, n) }));
}

/** What runs, as whom and with which terminal. */
function toProcess(input: ContainerInput): Json {
  const { service, overrides } = input;
  const c = service.container;
  return present({
    Cmd: input.command ?? service.command,
    User: overrides?.user ?? c.user,
    WorkingDir: overrides?.workingDir ?? c.workingDir,
    Hostname: c.hostname,
    Domainname: c.domainname,
    Tty: trueOnly(overrides?.tty ?? c.tty),
    OpenStdin: trueOnly(overrides?.stdin ?? c.stdinOpen),
    StdinOnce: trueOnly(overrides?.stdin),
    AttachStdin: trueOnly(overrides?.stdin),
    StopSignal: service.stopSignal,
    StopTimeout: Math.ceil(service.stopGraceMs / 1000),
    MacAddress: input.once ? undefined : c.macAddress,
    Healthcheck: healthcheck(service),
    ExposedPorts: Object.fromEntries(exposedPorts(service).map((port) => [port, {}])),
  });
}

function trueOnly(value: boolean | undefined): true | undefined {
  return value === true ? true : undefined;
}

function exposedPorts(service: Service): string[] {
  return [
    ...service.ports.map((p) => `${p.target}/${p.protocol}`),
    ...service.expose.map((p) => `${p}/tcp`),
    ...service.container.exposedUdp.map((p) => `${p}/udp`),
  ];
}

/** What the file says about one network; the name of the service is its first alias, unless a front has it. */
function endpoint(input: Joining, network: JoinedNetwork): EndpointBody {
  const attachment = input.service.networks.find((n) => n.network === network.key);
  const ipam = present({
    IPv4Address: input.once ? network.address : (attachment?.ipv4Address ?? network.address),
    IPv6Address: attachment?.ipv6Address,
    LinkLocalIPs: attachment?.linkLocalIps,
  });
  // A one-off container is not the service: it takes neither its names nor its hardware address.
  const names = input.once || attachment === undefined ? {} : namesOn(input, attachment, network);
  return present({
    ...names,
    IPAMConfig: ipam,
    DriverOpts: attachment?.driverOpts,
    GwPriority: attachment?.gatewayPriority,
  }) as EndpointBody;
}

function namesOn(input: Joining, attachment: Attachment, network: JoinedNetwork): Json {
  const { service } = input;
  const first = input.networks[0] === network;
  return {
    Aliases: network.named ? [...new Set([service.name, ...attachment.aliases])] : undefined,
    MacAddress: attachment.macAddress ?? (first ? service.container.macAddress : undefined),
    // Links to containers that are not of the project; those to its services are aliases of these.
    Links: service.container.externalLinks,
  };
}

function healthcheck(service: Service): Record<string, unknown> | undefined {
  const h = service.healthcheck;
  if (h === undefined) return undefined;
  return present({
    Test: h.test,
    Interval: nano(h.intervalMs),
    Timeout: nano(h.timeoutMs),
    StartPeriod: nano(h.startPeriodMs),
    StartInterval: nano(h.startIntervalMs),
    Retries: h.retries,
  });
}
