import { BerthError } from '../../src/errors/index.ts';
import type { ProxyConfig, ProxyServer, ProxyServerStats } from '../../src/model/index.ts';
import type { Clock, DataPlane, DrainInput, ProxyVersion } from '../../src/ports/index.ts';

/** What goes wrong with one call: refused at once, never answered, or done with the answer lost. */
export type DataPlaneFault = 'fail' | 'hang' | 'hang-after' | 'lost';

/** The calls that can be made to fail. */
export type DataPlaneCall = 'apply' | 'drained' | 'stats' | 'remove';

/** One finished request or a connection that is still open. */
type Traffic = { readonly kind: 'request' | 'long'; readonly close: () => void };

/**
 * A small working data plane in memory. `config` is what it acknowledged last; `history` every state it ever had, so
 * that a property test can look at each. Faults are planted by the number of the call, counted over all calls from 1.
 */
export class FakeDataPlane implements DataPlane {
  config: ProxyConfig = { listeners: [], backends: [] };
  readonly history: ProxyConfig[] = [];
  readonly calls: { readonly call: DataPlaneCall; readonly fault: DataPlaneFault | undefined }[] = [];
  /** `address:port` (`:8080` for every address) to who holds it. */
  readonly held = new Map<string, string>();
  /** Requests and connections that were cut because their server was taken away while they ran. */
  lost = 0;
  reloads = 0;
  /** The image that it runs, and the one that `apply` starts from now on. */
  image = 'sha256:1';
  wantedImage = 'sha256:1';
  /** Why that one does not start, where it does not. */
  refusal: string | undefined;
  /** Long-lived connections of the containers before. */
  readonly finishing: string[] = [];
  /** False once `remove` took the edge away or before the first `apply`. */
  running = false;
  /** Called after each acknowledged change, while the change is still fresh. */
  onChange: ((config: ProxyConfig) => void) | undefined;

  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #faults = new Map<number, DataPlaneFault>();
  readonly #traffic = new Map<string, Set<Traffic>>();
  readonly #counters = new Map<string, { -readonly [K in keyof ProxyServerStats]: ProxyServerStats[K] }>();
  readonly #waiters = new Set<() => void>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
  }

  /** Plants a fault at the `atCall`-th call from the start (1 is the first). */
  plant(atCall: number, fault: DataPlaneFault): void {
    this.#faults.set(atCall, fault);
  }

  /** Takes away every fault that has not struck yet. */
  heal(): void {
    this.#faults.clear();
  }

  /** Servers that get new requests now. */
  ready(backend: string): readonly ProxyServer[] {
    const servers = this.config.backends.find((b) => b.name === backend)?.servers ?? [];
    return servers.filter((s) => s.state === 'ready' && s.weight > 0);
  }

  /** A request or a long-lived connection reaches a server; the answer ends it. Throws when the server gets no new ones. */
  begin(backend: string, server: string, kind: Traffic['kind'] = 'request'): () => void {
    if (!this.running || !this.ready(backend).some((s) => s.name === server)) {
      throw new Error(`${backend}/${server} gets no new requests`);
    }
    const key = `${backend}/${server}`;
    const open = this.#traffic.get(key) ?? new Set<Traffic>();
    this.#traffic.set(key, open);
    const counter = this.#counter(backend, server);
    counter.requests += 1;
    const traffic: Traffic = {
      kind,
      close: () => {
        open.delete(traffic);
        for (const wake of this.#waiters) wake();
      },
    };
    open.add(traffic);
    return traffic.close;
  }

  /** How many requests and connections a server has open. */
  inFlight(backend: string, server: string): number {
    return this.#traffic.get(`${backend}/${server}`)?.size ?? 0;
  }

  /** Sets counters that `stats` answers, for gates that read them. */
  count(backend: string, server: string, counters: Partial<Omit<ProxyServerStats, 'backend' | 'server'>>): void {
    Object.assign(this.#counter(backend, server), counters);
  }

  /** One call after the other, as HAProxy is changed by one hand only. */
  apply(config: ProxyConfig, signal?: AbortSignal): Promise<{ readonly reloaded: boolean }> {
    const run = this.#queue.then(() => this.#call('apply', signal, () => this.#apply(config)));
    this.#queue = run.catch(() => undefined);
    return abortable(run, signal);
  }

  drained(input: DrainInput, signal?: AbortSignal): Promise<{ readonly closed: number }> {
    return this.#call('drained', signal, async () => {
      const state = this.config.backends.find((b) => b.name === input.backend)?.servers.find((s) => s.name === input.server)?.state;
      if (state === 'ready')
        throw new BerthError('EDGE_FAILED', `Could not drain ${input.backend}/${input.server}: it still gets requests.`);
      const open = this.#traffic.get(`${input.backend}/${input.server}`);
      const long = (kind: Traffic['kind']): boolean => kind === 'long' || input.mode === 'tcp';
      const left = (which: 'request' | 'long'): Traffic[] => [...(open ?? [])].filter((t) => long(t.kind) === (which === 'long'));
      await Promise.all([
        this.#until(() => left('request').length === 0, input.drainMs, signal),
        this.#until(() => left('long').length === 0, input.longDrainMs, signal),
      ]);
      const closed = [...(open ?? [])];
      for (const traffic of closed) traffic.close();
      return { closed: closed.length };
    });
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  /** What `renew` finds; `refuseRenewal` is what stands in its way. */
  newestImage: string | undefined;
  refuseRenewal: BerthError | undefined;

  renew(): Promise<void> {
    if (this.refuseRenewal !== undefined) return Promise.reject(this.refuseRenewal);
    this.wantedImage = this.newestImage ?? this.wantedImage;
    return Promise.resolve();
  }

  version(wanted: ProxyConfig): Promise<ProxyVersion | undefined> {
    if (!this.running) return Promise.resolve(undefined);
    const { image, wantedImage } = this;
    const refused = image === wantedImage ? undefined : this.refusal;
    const told = refused === undefined ? {} : { refused };
    return Promise.resolve({
      haproxy: '3.0.0',
      image,
      wantedImage,
      current: image === wantedImage,
      configured: staticPart(wanted) === staticPart(this.config),
      finishing: this.finishing.length,
      ...told,
    });
  }

  /** Connections of containers that were replaced end, or are closed when their time is over. */
  async finished({ withinMs }: { readonly withinMs: number }, signal?: AbortSignal): Promise<{ readonly closed: number }> {
    await this.#until(() => this.finishing.length === 0, withinMs, signal);
    return { closed: this.finishing.splice(0).length };
  }

  stats(signal?: AbortSignal): Promise<readonly ProxyServerStats[]> {
    return this.#call('stats', signal, () => {
      if (!this.running) return [];
      return this.config.backends.flatMap((b) =>
        b.servers.map((s) => ({
          ...this.#counter(b.name, s.name),
          ...(s.state === 'drain' ? { status: 'drain' as const } : {}),
          current: this.inFlight(b.name, s.name),
        })),
      );
    });
  }

  async portHolder(input: { address: string; port: number }): Promise<string | undefined> {
    return this.held.get(`${input.address}:${input.port}`) ?? this.held.get(`:${input.port}`);
  }

  remove(signal?: AbortSignal): Promise<void> {
    return this.#call('remove', signal, () => {
      this.#cut(() => true);
      this.config = { listeners: [], backends: [] };
      this.running = false;
      this.displace();
    });
  }

  /** Called before a change is taken; a front sees to its container here. */
  protected place(): void {}

  /** Called when it was removed. */
  protected displace(): void {}

  async #apply(config: ProxyConfig): Promise<{ reloaded: boolean }> {
    checkReferences(config);
    for (const { address, port } of config.listeners) {
      const holder = await this.portHolder({ address, port });
      if (holder !== undefined) throw new BerthError('PORT_TAKEN', `Port ${port} is held by ${holder}.`, { details: { port, holder } });
    }
    if (!this.running && config.listeners.length === 0) return { reloaded: false };
    this.place();
    const replaces = this.image !== this.wantedImage && this.refusal === undefined;
    const reloaded = !this.running || replaces || staticPart(config) !== staticPart(this.config);
    if (replaces) this.image = this.wantedImage;
    const names = new Set(config.backends.flatMap((b) => b.servers.map((s) => `${b.name}/${s.name}`)));
    this.#cut((key) => !names.has(key));
    for (const key of this.#counters.keys()) if (!names.has(key)) this.#counters.delete(key);
    this.config = structuredClone(config);
    this.history.push(this.config);
    this.running = true;
    if (reloaded) this.reloads += 1;
    this.onChange?.(this.config);
    return { reloaded };
  }

  #cut(gone: (key: string) => boolean): void {
    for (const [key, open] of this.#traffic) {
      if (!gone(key)) continue;
      this.lost += open.size;
      for (const traffic of open) traffic.close();
      this.#traffic.delete(key);
    }
  }

  #counter(backend: string, server: string): { -readonly [K in keyof ProxyServerStats]: ProxyServerStats[K] } {
    const key = `${backend}/${server}`;
    const known = this.#counters.get(key);
    if (known !== undefined) return known;
    const fresh: { -readonly [K in keyof ProxyServerStats]: ProxyServerStats[K] } = {
      backend,
      server,
      status: 'up',
      checked: true,
      lastCheck: 'L7OK/200',
      current: 0,
      requests: 0,
      responses5xx: 0,
      connectErrors: 0,
      responseErrors: 0,
      responseMs: 0,
    };
    this.#counters.set(key, fresh);
    return fresh;
  }

  /** Runs one call under the fault planted for it. */
  async #call<T>(call: DataPlaneCall, signal: AbortSignal | undefined, work: () => T | Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const fault = this.#faults.get(this.calls.length + 1);
    this.calls.push({ call, fault });
    if (fault === 'fail') throw new BerthError('EDGE_FAILED', `Planted: ${call} refused.`);
    if (fault === 'hang') return never(signal);
    const result = await work();
    if (fault === 'lost') throw new BerthError('EDGE_FAILED', `Planted: ${call} done, answer lost.`);
    if (fault === 'hang-after') return never(signal);
    return result;
  }

  /** Resolves when `done` holds or after `ms`, whichever comes first; nothing to wait for takes no time at all. */
  async #until(done: () => boolean, ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (done()) return;
    const stop = new AbortController();
    const timer = this.#clock.sleep(ms, signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]));
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (done()) resolve();
    };
    this.#waiters.add(look);
    try {
      await Promise.race([promise, timer]);
    } finally {
      this.#waiters.delete(look);
      stop.abort();
      timer.catch(() => undefined);
    }
  }
}

/** What cannot be changed without a reload: everything but servers, their weights and states. */
function staticPart(config: ProxyConfig): string {
  return JSON.stringify([config.listeners, config.backends.map(({ name, mode, check }) => [name, mode, check])]);
}

function checkReferences(config: ProxyConfig): void {
  const names = new Set(config.backends.map((b) => b.name));
  for (const listener of config.listeners) {
    for (const backend of [...listener.rules.map((r) => r.backend), listener.fallback]) {
      if (backend !== undefined && !names.has(backend))
        throw new BerthError('EDGE_FAILED', `A listener on port ${listener.port} names an unknown backend ${backend}.`);
    }
  }
}

function never<T>(signal: AbortSignal | undefined): Promise<T> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(asError(signal.reason)), { once: true });
  });
}

function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return Promise.race([work, never<T>(signal)]);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
