import type { ContainerBody, ContainerDetails, ContainerSummary, EndpointBody, RestartPolicy } from '../../../src/ports/index.ts';
import type { HeldImage } from './images.ts';
import type { FakeContainer, FakeMachine } from './machine.ts';
import type { FakeEndpoint } from './networks.ts';
import { Stream } from '../stream.ts';

type Mounts = ContainerDetails['mounts'];
type MountBody = { Type: string; Source?: string; Target: string; ReadOnly?: boolean };

/** What `inspectContainer` answers. */
export function toDetails(c: FakeContainer, machine: FakeMachine): ContainerDetails {
  return {
    id: c.id,
    name: c.name,
    imageId: c.image.id,
    labels: c.body.Labels,
    state: c.state,
    health: c.health,
    healthLog: c.healthLog,
    pid: c.pid,
    exitCode: c.exitCode,
    oomKilled: c.oomKilled,
    error: c.error,
    restartCount: c.restartCount,
    startedAtMs: c.startedAtMs,
    finishedAtMs: c.finishedAtMs,
    tty: c.body['Tty'] === true,
    networks: Object.fromEntries(
      [...c.endpoints].map(([name, e]) => [
        name,
        { networkId: machine.networks.find(name)?.id ?? '', address: e.address, aliases: e.aliases },
      ]),
    ),
    mounts: c.mounts,
    restartPolicy: c.restartPolicy,
  };
}

/** What `listContainers` answers. */
export function toSummary(c: FakeContainer): ContainerSummary {
  const addresses: Record<string, string> = {};
  for (const [name, endpoint] of c.endpoints) addresses[name] = endpoint.address;
  return { id: c.id, name: c.name, imageId: c.image.id, state: c.state, labels: c.body.Labels, addresses, createdAtMs: c.createdAtMs };
}

export function toEndpoint(body: EndpointBody): FakeEndpoint {
  return { aliases: body.Aliases ?? [], wanted: body.IPAMConfig?.IPv4Address, address: '' };
}

/** The networks that a container is created on. */
function endpointsOf(body: ContainerBody): Map<string, FakeEndpoint> {
  const wanted = Object.entries(body.NetworkingConfig?.EndpointsConfig ?? {});
  const mode = body.HostConfig['NetworkMode'];
  if (wanted.length === 0) {
    const name = typeof mode === 'string' && mode !== 'default' ? mode : 'bridge';
    return name.startsWith('container:') ? new Map() : new Map([[name, toEndpoint({})]]);
  }
  return new Map(wanted.map(([name, endpoint]) => [name, toEndpoint(endpoint)]));
}

/** Mounts of a body and of its image's anonymous volumes; `newVolume` names and makes a volume where none is named. */
export function mountsOf(body: ContainerBody, imageVolumes: readonly string[], newVolume: (name?: string) => string): Mounts {
  const mounts: Mounts[number][] = [];
  for (const m of (body.HostConfig['Mounts'] ?? []) as MountBody[]) {
    const name = m.Type === 'volume' ? newVolume(m.Source) : undefined;
    const source = name === undefined ? (m.Source ?? '') : volumePath(name);
    mounts.push({ type: m.Type, name, source, target: m.Target, readWrite: m.ReadOnly !== true });
  }
  for (const bind of (body.HostConfig['Binds'] ?? []) as string[]) mounts.push(fromBind(bind, newVolume));
  for (const target of imageVolumes) {
    if (mounts.some((m) => m.target === target)) continue;
    const name = newVolume();
    mounts.push({ type: 'volume', name, source: volumePath(name), target, readWrite: true });
  }
  return mounts;
}

/** `source:target[:mode]`, where a source without a slash names a volume. */
function fromBind(bind: string, newVolume: (name: string) => string): Mounts[number] {
  const [source = '', target = '', mode = ''] = bind.split(':');
  const readWrite = !mode.split(',').includes('ro');
  if (source.startsWith('/')) return { type: 'bind', name: undefined, source, target, readWrite };
  const name = newVolume(source);
  return { type: 'volume', name, source: volumePath(name), target, readWrite };
}

export function volumePath(name: string): string {
  return `/var/lib/docker/volumes/${name}/_data`;
}

/** `RestartPolicy` of a body, in the port's form. */
function restartPolicyOf(body: ContainerBody): RestartPolicy {
  const given = body.HostConfig['RestartPolicy'] as { Name?: string; MaximumRetryCount?: number } | undefined;
  const name = given?.Name ?? '';
  if (name !== 'always' && name !== 'on-failure' && name !== 'unless-stopped') return { name: 'no' };
  const retries = given?.MaximumRetryCount ?? 0;
  return retries === 0 ? { name } : { name, maxRetries: retries };
}

export const hasLabels = (wanted: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean => {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false;
  return true;
};

/** A container as it is after `create`. */
export function newContainer(input: {
  id: string;
  name: string;
  body: ContainerBody;
  image: HeldImage;
  atMs: number;
  mounts: Mounts;
}): FakeContainer {
  return {
    ...input,
    createdAtMs: input.atMs,
    endpoints: endpointsOf(input.body),
    logs: new Stream(),
    files: new Map(),
    signals: [],
    state: 'created',
    health: 'none',
    healthLog: [],
    pid: 0,
    exitCode: 0,
    oomKilled: false,
    error: '',
    restartCount: 0,
    starts: 0,
    startedAtMs: undefined,
    finishedAtMs: undefined,
    restartPolicy: restartPolicyOf(input.body),
    behaviour: {},
    stoppedByUser: false,
    stopping: false,
    cancels: [],
    onEnd: [],
  };
}
