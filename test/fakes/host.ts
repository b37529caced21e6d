import type { Host, ProbeAnswer, Prober } from '../../src/ports/index.ts';
import type { FakeClock } from './clock.ts';
import type { FakeEngine } from './engine/engine.ts';
import type { FakeContainer } from './engine/machine.ts';

/** The sockets that a fake container listens on now. */
export function listening(c: FakeContainer, clock: FakeClock): { address: string; port: number }[] {
  const upMs = clock.now() - (c.startedAtMs ?? 0);
  if (c.state !== 'running' || c.stopping || upMs < (c.behaviour.readyAfterMs ?? 0)) return [];
  return (c.behaviour.listens ?? []).map(({ address = '0.0.0.0', port }) => ({ address, port }));
}

/** Asks the containers of a fake engine by their addresses, as a real prober asks over the network. */
export class FakeProber implements Prober {
  readonly #engine: FakeEngine;
  readonly #clock: FakeClock;

  constructor(engine: FakeEngine, clock: FakeClock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async http(
    input: { address: string; port: number; path: string; host?: string | undefined; timeoutMs: number },
    signal?: AbortSignal,
  ): Promise<ProbeAnswer> {
    const tcp = await this.tcp(input, signal);
    const c = this.#engine.containerAt(input.address);
    if (!tcp.ok || c === undefined) return tcp;
    const { status = 200, answerMs = 0 } = c.behaviour;
    const tookMs = Math.min(answerMs, input.timeoutMs);
    if (tookMs > 0) await this.#clock.sleep(tookMs, signal);
    if (answerMs >= input.timeoutMs) return { ok: false, outcome: `no answer in ${input.timeoutMs} ms`, tookMs };
    const upMs = this.#clock.now() - (c.startedAtMs ?? 0);
    const code = typeof status === 'number' ? status : status({ path: input.path, host: input.host, upMs });
    if (code === undefined) return { ok: false, outcome: 'not an HTTP answer', tookMs };
    return { ok: code >= 200 && code < 400, status: code, outcome: String(code), tookMs };
  }

  async tcp(input: { address: string; port: number; timeoutMs: number }, signal?: AbortSignal): Promise<ProbeAnswer> {
    signal?.throwIfAborted();
    const c = this.#engine.containerAt(input.address);
    if (c === undefined) {
      await this.#clock.sleep(input.timeoutMs, signal);
      return { ok: false, outcome: `no connection in ${input.timeoutMs} ms`, tookMs: input.timeoutMs };
    }
    const local = (address: string): boolean => address.startsWith('127.') && !input.address.startsWith('127.');
    const open = listening(c, this.#clock).some((l) => l.port === input.port && !local(l.address));
    return open ? { ok: true, outcome: 'connected', tookMs: 0 } : { ok: false, outcome: 'connection refused', tookMs: 0 };
  }
}

/** A machine under a fake engine: sockets of its containers, no disk. */
export class FakeHost implements Host {
  readonly #engine: FakeEngine;
  readonly #clock: FakeClock;
  /** Content by path, as `keepFile` kept it. */
  readonly files = new Map<string, Uint8Array>();
  /** `address:port` (or `:port`) to the process that holds it. */
  readonly holders = new Map<string, string>();
  /** Who is connected straight to any container. */
  calling: readonly { readonly address: string; readonly port: number }[] = [];
  readonly networks: string[] = [];
  bootService = true;

  constructor(engine: FakeEngine, clock: FakeClock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  listeners(pid: number): Promise<readonly { readonly address: string; readonly port: number }[]> {
    const c = [...this.#engine.machine.containers.values()].find((each) => each.pid === pid);
    return Promise.resolve(c === undefined ? [] : listening(c, this.#clock));
  }

  callers(): Promise<readonly { readonly address: string; readonly port: number }[]> {
    return Promise.resolve(this.calling);
  }

  routes(): Promise<readonly string[]> {
    return Promise.resolve(this.networks);
  }

  listenerOn(input: { address: string; port: number }): Promise<string | undefined> {
    return Promise.resolve(this.holders.get(`${input.address}:${input.port}`) ?? this.holders.get(`:${input.port}`));
  }

  keepFile(input: {
    sha256: string;
    content: Uint8Array;
    mode: number;
    uid?: number | undefined;
    gid?: number | undefined;
  }): Promise<string> {
    const path = pathOf(input);
    this.files.set(path, input.content);
    return Promise.resolve(path);
  }

  findFile(input: KeptFile): Promise<string | undefined> {
    const path = pathOf(input);
    return Promise.resolve(this.files.has(path) ? path : undefined);
  }

  startsAtBoot(): Promise<boolean> {
    return Promise.resolve(this.bootService);
  }
}

type KeptFile = { sha256: string; mode: number; uid?: number | undefined; gid?: number | undefined };

function pathOf(file: KeptFile): string {
  return `/fake/files/${file.sha256}-${file.mode.toString(8)}-${file.uid ?? 0}-${file.gid ?? 0}`;
}
