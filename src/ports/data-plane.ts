import type { Front, ProxyConfig, ProxyServerStats } from '../model/index.ts';

/** One HAProxy that carries traffic: the edge of the host, or the front of a service. Every call is safe to repeat and returns only when HAProxy has acknowledged. */
export interface DataPlane {
  /** Fetches or makes what the first `apply` will need (an image), so that it can be done beside other waiting. */
  prepare(signal?: AbortSignal): Promise<void>;
  /**
   * Makes the running edge equal to `config`: looks at what it has, changes servers, weights and states through the
   * runtime API, and reloads only when listeners, rules, modes or checks changed. The boot file follows, and is replaced
   * only after the running HAProxy took the change. With nothing to listen on and no edge container, does nothing.
   * Throws PORT_TAKEN (who holds it) and EDGE_FAILED; what served before keeps serving.
   */
  apply(config: ProxyConfig, signal?: AbortSignal): Promise<{ readonly reloaded: boolean }>;
  /**
   * Waits until no request is in flight to the server of an instance that `apply` already set to `drain`, in the
   * current worker, in workers that a reload left behind, and in the kernel. Requests have `drainMs`; upgraded and
   * TCP connections have `longDrainMs` and are then closed. Answers how many had to be closed.
   */
  drained(input: DrainInput, signal?: AbortSignal): Promise<{ readonly closed: number }>;
  /** Counters of every server, or an empty list when no edge runs. */
  stats(signal?: AbortSignal): Promise<readonly ProxyServerStats[]>;
  /** Who else holds a wanted address and port on this machine, or undefined. Asks the kernel. */
  portHolder(input: { address: string; port: number }, signal?: AbortSignal): Promise<string | undefined>;
  /** Removes the edge's container, volume and network objects of this installation. */
  remove(signal?: AbortSignal): Promise<void>;
}

/** The fronts of services, each a data plane of its own in a container on its app's networks. */
export interface Fronts {
  /** The front of a service, whether it is there or not; `apply` makes it, with the networks and names that are given here. */
  open(front: Front): DataPlane;
  /** The fronts that this installation has on the engine. */
  list(signal?: AbortSignal): Promise<readonly Pick<Front, 'app' | 'service'>[]>;
}

export type DrainInput = {
  readonly backend: string;
  readonly server: string;
  readonly address: string;
  readonly port: number;
  readonly mode: 'http' | 'tcp';
  readonly drainMs: number;
  readonly longDrainMs: number;
};
