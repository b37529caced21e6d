import type { Front, ProxyConfig, ProxyServerStats } from '../model/index.ts';

/** One HAProxy that carries traffic: the edge of the host, or the front of a service. Every call is safe to repeat and returns only when HAProxy has acknowledged. */
export interface DataPlane {
  /** Fetches or makes what the first `apply` will need (an image), so that it can be done beside other waiting. */
  prepare(signal?: AbortSignal): Promise<void>;
  /**
   * Makes that image anew where it comes from, with what is newest there. When it is another one then, `version` says
   * that HAProxy is not current, and the next `apply` replaces its container.
   */
  renew(signal?: AbortSignal): Promise<void>;
  /**
   * Makes the running edge equal to `config`: looks at what it has, changes servers, weights and states through the
   * runtime API, and reloads only when listeners, rules, modes or checks changed. The boot file follows, and is replaced
   * only after the running HAProxy took the change. With nothing to listen on and no edge container, does nothing.
   * Throws PORT_TAKEN (who holds it) and EDGE_FAILED; what served before keeps serving. Where only the container that is
   * to take its place does not start, the one that serves takes the change and goes on; the next try is minutes later, or
   * with `retry`.
   */
  apply(config: ProxyConfig, signal?: AbortSignal, how?: { readonly retry: boolean }): Promise<{ readonly reloaded: boolean }>;
  /**
   * Waits until no request is in flight to the server of an instance that `apply` already set to `drain`, in the
   * current worker, in workers that a reload left behind, and in the kernel. Requests have `drainMs`; upgraded and
   * TCP connections have `longDrainMs` and are then closed. Answers how many had to be closed.
   */
  drained(input: DrainInput, signal?: AbortSignal): Promise<{ readonly closed: number }>;
  /**
   * What HAProxy runs in, beside what this berth would start, and whether it has the configuration that `wanted` makes;
   * undefined when none runs. Asks, changes nothing.
   */
  version(wanted: ProxyConfig, signal?: AbortSignal): Promise<ProxyVersion | undefined>;
  /**
   * Waits until containers that `apply` replaced have finished, and removes them. What they still have after `withinMs`
   * is closed. Answers how much that was.
   */
  finished(input: { readonly withinMs: number }, signal?: AbortSignal): Promise<{ readonly closed: number }>;
  /** Counters of every server, or an empty list when no edge runs. */
  stats(signal?: AbortSignal): Promise<readonly ProxyServerStats[]>;
  /** Who else holds a wanted address and port on this machine, or undefined. Asks the kernel. */
  portHolder(input: { address: string; port: number }, signal?: AbortSignal): Promise<string | undefined>;
  /** Removes the edge's container, volume and network objects of this installation. Where it `finishes`, it first takes nothing new, until what it has in hand is done and its idle clients are gone. */
  remove(signal?: AbortSignal, how?: { readonly finishes: boolean }): Promise<void>;
}

/** The fronts of services, each a data plane of its own in a container on its app's networks. */
export interface Fronts {
  /** The front of a service, whether it is there or not; `apply` makes it, with the networks and names that are given here. */
  open(front: Front): DataPlane;
  /** The fronts that this installation has on the engine. */
  list(signal?: AbortSignal): Promise<readonly Pick<Front, 'app' | 'service'>[]>;
}

/** What one proxy runs in. */
export type ProxyVersion = {
  /** HAProxy's own version. */
  readonly haproxy: string;
  /** The image of its container, by id, and the one that this berth starts it from; undefined: the engine has none of that name. */
  readonly image: string;
  readonly wantedImage: string | undefined;
  /** Whether the next `apply` leaves the container as it is. */
  readonly current: boolean;
  /** Whether the next `apply` leaves its configuration as it is: no reload, no certificate to hand over. */
  readonly configured: boolean;
  /** How many containers that were replaced still finish what they have. */
  readonly finishing: number;
  /** Why a container of the wanted image could not take its place. */
  readonly refused?: string | undefined;
};

export type DrainInput = {
  readonly backend: string;
  readonly server: string;
  readonly address: string;
  readonly port: number;
  readonly mode: 'http' | 'tcp';
  readonly drainMs: number;
  readonly longDrainMs: number;
};
