import type { Service } from '../../model/index.ts';
import type { ContainerBody, EndpointBody } from '../../ports/index.ts';
import { present, toHostConfig } from './host-config.ts';
import type { ContainerInput, JoinedNetwork } from './input.ts';

/** A container as the engine is asked for it, and the networks that it joins before it starts. */
export type ContainerRequest = {
  readonly body: ContainerBody;
  readonly connect: readonly { readonly network: string; readonly endpoint: EndpointBody }[];
};

const nano = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms * 1_000_000);

/** Turns a service into the body of `POST /containers/create` (Engine API 1.41, which takes one network; the others are joined after). */
export function toContainer(input: ContainerInput): ContainerRequest {
  const { service } = input;
  const c = service.container;
  const o = input.overrides;
  const environment = { ...service.environment, ...o?.environment };
  const [first, ...rest] = input.networks;
  const body: ContainerBody = {
    Image: input.image,
    Labels: { ...c.labels, ...input.labels },
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    HostConfig: toHostConfig(input),
    ...present({
      Cmd: input.command ?? service.command,
      Entrypoint: service.entrypoint,
      User: o?.user ?? c.user,
      WorkingDir: o?.workingDir ?? c.workingDir,
      Hostname: c.hostname,
      Domainname: c.domainname,
      Tty: (o?.tty ?? c.tty) ? true : undefined,
      OpenStdin: (o?.stdin ?? c.stdinOpen) ? true : undefined,
      StdinOnce: o?.stdin === true ? true : undefined,
      AttachStdin: o?.stdin === true ? true : undefined,
      StopSignal: service.stopSignal,
      StopTimeout: Math.ceil(service.stopGraceMs / 1000),
      MacAddress: c.macAddress,
      Healthcheck: healthcheck(service),
      ExposedPorts: Object.fromEntries([
        ...service.ports.map((p) => [`${p.target}/${p.protocol}`, {}] as const),
        ...service.expose.map((p) => [`${p}/tcp`, {}] as const),
      ]),
      Platform: c.platform,
    }),
    ...(first === undefined ? {} : { NetworkingConfig: { EndpointsConfig: { [first.name]: endpoint(input, first) } } }),
  };
  return { body, connect: rest.map((n) => ({ network: n.name, endpoint: endpoint(input, n) })) };
}

/** What a key of a service says about one network; the name of the service is its first alias. */
function endpoint(input: ContainerInput, network: JoinedNetwork): EndpointBody {
  const attachment = input.service.networks.find((n) => n.network === network.key);
  const address = attachment?.ipv4Address ?? network.address;
  const ipam = present({
    IPv4Address: input.once ? network.address : address,
    IPv6Address: attachment?.ipv6Address,
    LinkLocalIPs: attachment?.linkLocalIps,
  });
  const aliases = input.once || attachment === undefined ? [] : [input.service.name, ...attachment.aliases];
  return present({
    Aliases: [...new Set(aliases)],
    IPAMConfig: ipam,
    MacAddress: attachment?.macAddress,
    DriverOpts: attachment?.driverOpts,
  }) as EndpointBody;
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
