import type { Engine } from '../ports/index.ts';
import { unpauseContainer } from './containers.ts';
import { messageOf, toEngineError } from './errors.ts';
import { BerthError } from '../errors/index.ts';
import { toNetwork, toVolume, type RawNetwork, type RawVolume } from './from-engine.ts';
import { deadlines, segment, toFilters, type EngineHttp } from './http.ts';

type NetworkCalls = Pick<
  Engine,
  'listNetworks' | 'inspectNetwork' | 'createNetwork' | 'removeNetwork' | 'connectNetwork' | 'disconnectNetwork' | 'rejoinNetwork'
>;
type VolumeCalls = Pick<Engine, 'inspectVolume' | 'listVolumes' | 'createVolume' | 'removeVolume'>;

const { lookMs, changeMs } = deadlines;

/** The calls of the port that are about networks. */
export function networkCalls(http: EngineHttp): NetworkCalls {
  const inspectNetwork: NetworkCalls['inspectNetwork'] = async (name, signal) => {
    const raw = await http.get<RawNetwork>({ path: `/networks/${segment(name)}`, doing: `look at network ${name}`, signal });
    // The engine also matches the beginning of an id.
    return raw !== undefined && (raw.Name === name || raw.Id === name) ? toNetwork(raw) : undefined;
  };
  const connectNetwork: NetworkCalls['connectNetwork'] = async (network, container, endpoint, signal) => {
    const json = { Container: container, EndpointConfig: endpoint };
    const doing = `connect container ${container} to network ${network}`;
    await http.send({ method: 'POST', path: `/networks/${segment(network)}/connect`, json, doing, timeoutMs: changeMs, signal });
  };
  const disconnectNetwork: NetworkCalls['disconnectNetwork'] = async (network, container, signal) => {
    const json = { Container: container };
    const doing = `disconnect container ${container} from network ${network}`;
    const path = `/networks/${segment(network)}/disconnect`;
    const reply = await http.exchange({ method: 'POST', path, json, doing, timeoutMs: changeMs, signal });
    if (reply.status < 400 || reply.status === 404) return;
    // Engines disagree about the status for a container that is not on the network: look.
    const there = await inspectNetwork(network, signal);
    const isOn = there?.containers.some((c) => c.id === container || c.name === container || c.id.startsWith(container)) ?? false;
    if (isOn) throw toEngineError(doing, reply.status, messageOf(reply.body.toString()));
  };
  return {
    inspectNetwork,
    connectNetwork,
    disconnectNetwork,
    async rejoinNetwork(network, container, { endpoint, frozen, signal }) {
      const path = `/containers/${segment(frozen)}/pause`;
      const pausing = { method: 'POST', path, doing: `pause container ${frozen}`, timeoutMs: changeMs, signal } as const;
      // One that does not run needs no pause, and not every engine can: the moment is short, and then felt as it is.
      const isPaused = (await http.exchange(pausing)).status < 400;
      try {
        await disconnectNetwork(network, container, signal);
        await connectNetwork(network, container, endpoint, signal);
      } finally {
        // Also when it was cancelled: nothing else would let it go on.
        if (isPaused) await unpauseContainer(http, frozen);
      }
    },
    async listNetworks(signal) {
      const call = { method: 'GET', path: '/networks', doing: 'list networks', timeoutMs: lookMs, signal } as const;
      return (await http.json<RawNetwork[]>(call)).map(toNetwork);
    },
    async createNetwork(body, signal) {
      const doing = `create network ${body.Name}`;
      // Without it, engines below API 1.44 make a second network of the same name.
      const json = { ...body, CheckDuplicate: true };
      return (await http.json<{ Id: string }>({ method: 'POST', path: '/networks/create', json, doing, timeoutMs: changeMs, signal })).Id;
    },
    async removeNetwork(name, signal) {
      const doing = `remove network ${name}`;
      const reply = await http.send(
        { method: 'DELETE', path: `/networks/${segment(name)}`, doing, timeoutMs: changeMs, signal },
        [404, 403],
      );
      if (reply.status !== 403) return;
      // Forbidden is how the engine says that containers are still on it.
      const engineMessage = messageOf(reply.body.toString());
      throw new BerthError('ENGINE_CONFLICT', `Could not ${doing}: ${engineMessage}`, { details: { status: 403, engineMessage } });
    },
  };
}

/** The calls of the port that are about volumes. */
export function volumeCalls(http: EngineHttp): VolumeCalls {
  return {
    async inspectVolume(name, signal) {
      const raw = await http.get<RawVolume>({ path: `/volumes/${segment(name)}`, doing: `look at volume ${name}`, signal });
      return raw === undefined ? undefined : toVolume(raw);
    },
    async listVolumes({ labels }, signal) {
      const query = { filters: toFilters(labels) };
      const call = { method: 'GET', path: '/volumes', query, doing: 'list volumes', timeoutMs: lookMs, signal } as const;
      return ((await http.json<{ Volumes?: RawVolume[] | null }>(call)).Volumes ?? []).map(toVolume);
    },
    async createVolume(body, signal) {
      const doing = `create volume ${body.Name}`;
      await http.send({ method: 'POST', path: '/volumes/create', json: body, doing, timeoutMs: changeMs, signal });
    },
    async removeVolume(name, signal) {
      const doing = `remove volume ${name}`;
      await http.send({ method: 'DELETE', path: `/volumes/${segment(name)}`, doing, timeoutMs: changeMs, signal }, [404]);
    },
  };
}
