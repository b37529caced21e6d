import type { Fronts } from '../../src/ports/index.ts';
import { createRunner, type Runner } from '../../src/run/index.ts';
import { FakeProber } from './host.ts';
import type { FakeWorld } from './world.ts';

/** Switches everything that a killed process held: nothing it called is answered any more, nothing it writes lands. */
export class Mortality {
  dead = false;
  #left = Infinity;

  /** Dies at the n-th write to the store from now (1 is the next), before it lands. */
  dieAtWrite(n: number): void {
    this.#left = n;
  }

  /** Counts a write; answers whether the process is dead when it would land. */
  write(): boolean {
    if (!this.dead && --this.#left <= 0) this.dead = true;
    return this.dead;
  }
}

const reads = /^(get|list|installation$)/;

/** A store (synchronous) whose writes stop landing when the process is dead. */
function mortalStore<T extends object>(store: T, life: Mortality): T {
  return new Proxy(store, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || reads.test(String(name))) return value;
      return (...args: unknown[]): unknown => {
        if (life.write()) throw new Error('killed');
        return Reflect.apply(value, target, args);
      };
    },
  });
}

/** A port whose calls are never answered once the process is dead; what was under way still happens. */
function mortal<T extends object>(port: T, life: Mortality): T {
  return new Proxy(port, {
    get(target, name): unknown {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (life.dead) return never();
        const result: unknown = Reflect.apply(value, target, args);
        if (!(result instanceof Promise)) return result;
        return result.then(
          (v: unknown) => (life.dead ? never() : v),
          (e: unknown) => (life.dead ? never() : Promise.reject(e as Error)),
        );
      };
    },
  });
}

function mortalFronts(fronts: Fronts, life: Mortality): Fronts {
  return { ...mortal({ list: (signal?: AbortSignal) => fronts.list(signal) }, life), open: (front) => mortal(fronts.open(front), life) };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** A runner of a world that dies with `life`. */
export function mortalRunner(w: FakeWorld, life: Mortality): Runner {
  const target = {
    socket: '/fake.sock',
    engine: mortal(w.engine, life),
    dataPlane: mortal(w.dataPlane, life),
    fronts: mortalFronts(w.fronts, life),
    builder: mortal(w.builder, life),
  };
  return createRunner({
    store: mortalStore(w.store, life),
    clock: mortal(w.clock, life),
    ids: w.ids,
    host: mortal(w.host, life),
    prober: mortal(new FakeProber(w.engine, w.clock), life),
    connect: () => target,
    certificates: w.certificates,
    telemetry: w.telemetry,
    sealer: w.sealer,
    secretProvider: w.secretProvider,
    redactor: w.redactor,
    onTrouble: () => undefined,
  });
}
