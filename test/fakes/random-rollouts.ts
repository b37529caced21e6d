import { expect } from 'vitest';
import type { RolloutRequest } from '../../src/contract/index.ts';
import type { Project } from '../../src/model/index.ts';
import type { FakeFront } from './fronts.ts';
import { listening } from './host.ts';
import { seededRandom } from './ids.ts';
import { mortalRunner, Mortality } from './mortal.ts';
import { answering, FakeWorld, project, service, web, type Ended } from './world.ts';

const volumes = [{ key: 'data', name: 'shop_data', external: false, driverOpts: {}, labels: {} }];

/** What a release of the random app is made from. */
type Shape = {
  readonly image: string;
  readonly v: number;
  readonly replicas: number;
  readonly parallelism: number;
  readonly withDb: boolean;
  readonly healthy: boolean;
  /** How others reach `web` by its name; absent: as the plan chooses, which is a front. */
  readonly internal?: 'front' | 'dns' | undefined;
};

function toProject(s: Shape): Project {
  const rollout = { parallelism: s.parallelism, drainMs: 2000, longDrainMs: 2000, watchMs: 3000 };
  const shop = web({
    internal: s.internal,
    image: s.image,
    replicas: s.replicas,
    environment: { V: String(s.v) },
    rollout,
    probe: { check: { kind: 'http', path: '/healthz' }, withinMs: 5000 },
  });
  if (!s.withDb) return project([shop]);
  const db = service({
    name: 'db',
    port: 3000,
    environment: { V: String(s.v % 2) },
    mounts: [{ type: 'volume', source: 'data', target: '/data' }],
  });
  return project([db, { ...shop, dependsOn: [{ service: 'db', condition: 'service_healthy', required: true, restart: false }] }], {
    volumes,
  });
}

const faultMethods = [
  'createContainer',
  'startContainer',
  'stopContainer',
  'removeContainer',
  'inspectContainer',
  'listContainers',
  'createNetwork',
  'tagImage',
  '*',
] as const;
const faultEffects = ['fail', 'lose', 'hang', 'slow'] as const;

/**
 * One random life of an app: updates good and broken, scaling, rollbacks, restarts, with faults of engine and data plane
 * (each heals after a while) and servers killed at a random write. Throws where a promise of DESIGN §5 does not hold.
 */
export async function liveRandomly(seed: number): Promise<void> {
  const life = new RandomLife(seed);
  try {
    await life.live();
  } catch (thrown) {
    throw new Error(`seed ${seed}: ${thrown instanceof Error ? thrown.message : String(thrown)}\n${life.story()}`, { cause: thrown });
  }
}

class RandomLife {
  readonly #random: () => number;
  readonly #w: FakeWorld;
  readonly #seed: number;
  #serving: Shape | undefined;
  #v = 0;
  #allowed = 0;
  /** A front is there before and after what happens now. */
  #fronted = false;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
    this.#w = new FakeWorld(seed);
    this.#w.engine.addImage('app:2', { behaviour: { ...answering.behaviour, readyAfterMs: 900 } });
    this.#w.engine.addImage('app:500', { behaviour: { listens: [{ port: 3000 }], status: 500, stopTakesMs: 10 } });
    this.#w.engine.addImage('app:crash', { behaviour: { listens: [{ port: 3000 }], exit: { afterMs: 200, code: 1 } } });
    this.#w.engine.addImage('app:late', { behaviour: { ...answering.behaviour, exit: { afterMs: 4500, code: 1 } } });
    this.#w.dataPlane.onChange = () => this.#checkEdge();
    this.#w.fronts.onChange = (front) => this.#checkFront(front);
  }

  /** The last events before things went wrong. */
  story(): string {
    const records = this.#w.store.listEvents({}).slice(-14);
    return records.map((r) => `${r.atMs % 10_000_000} ${r.rollout} ${JSON.stringify(r.event).slice(0, 220)}`).join('\n');
  }

  #pick<T>(of: readonly T[]): T {
    const value = of[Math.floor(this.#random() * of.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }

  async live(): Promise<void> {
    for (let turn = 0; turn < 4; turn++) await this.#act();
    this.#w.engine.faults.clear();
    const last = { image: 'app:1', v: ++this.#v, replicas: 2, parallelism: 1, withDb: false, healthy: true };
    const end = await this.#w.up(toProject(last));
    expect(end.exitCode, `seed ${this.#seed}: the last update, without faults: ${JSON.stringify(end.error)}`).toBe(0);
    this.#checkServing(last);
  }

  async #act(): Promise<void> {
    const next = this.#next();
    const kills = this.#random() < 0.4;
    this.#plantFaults(kills);
    const restarts = this.#random() < 0.15;
    if (restarts)
      this.#w.clock.after(Math.round(this.#random() * 20_000), () => this.#w.engine.restart({ downMs: Math.round(this.#random() * 8000) }));
    const before = this.#serving;
    // An engine that restarts takes instances away that no plan can spare.
    this.#allowed = restarts || before === undefined ? 0 : Math.min(before.replicas, next.shape.replicas);
    this.#fronted = before?.internal !== 'dns' && next.shape.internal !== 'dns';
    const end = kills ? await this.#killed(next.request) : await this.#asked(next.request);
    this.#w.engine.faults.clear();
    this.#w.dataPlane.heal();
    this.#w.fronts.front('shop', 'web')?.heal();
    if (restarts) await this.#w.clock.advance(60_000);
    if (end === undefined) return this.#settle(before);
    const say = `seed ${this.#seed}: ${JSON.stringify(end.error)}`;
    expect([0, 1, 5], say).toContain(end.exitCode);
    if (end.exitCode === 0) this.#serving = next.shape;
    await this.#settle(this.#serving);
  }

  #next(): { request: RolloutRequest; shape: Shape } {
    const current = this.#serving;
    if (current !== undefined && this.#random() < 0.2) {
      const replicas = 1 + Math.floor(this.#random() * 4);
      return { request: { kind: 'scale', app: 'shop', replicas: { web: replicas } }, shape: { ...current, replicas } };
    }
    if (current !== undefined && this.#random() < 0.15) return { request: { kind: 'restart', app: 'shop', services: [] }, shape: current };
    const image = this.#random() < 0.6 ? this.#pick(['app:1', 'app:2']) : this.#pick(['app:500', 'app:crash', 'app:late']);
    const shape: Shape = {
      image,
      v: ++this.#v,
      replicas: 1 + Math.floor(this.#random() * 4),
      parallelism: Math.floor(this.#random() * 3),
      withDb: current?.withDb ?? this.#random() < 0.3,
      healthy: image === 'app:1' || image === 'app:2',
      internal: this.#random() < 0.25 ? 'dns' : undefined,
    };
    return { request: this.#w.upRequest(toProject(shape)), shape };
  }

  /** Every fault heals: it strikes a few times and then no more. A data plane call that hangs would outlive a killed process here. */
  #plantFaults(kills: boolean): void {
    const count = Math.floor(this.#random() * 3);
    for (let i = 0; i < count; i++) {
      const times = 1 + Math.floor(this.#random() * 3);
      this.#w.engine.inject({
        method: this.#pick(faultMethods),
        on: { probability: 0.1 + this.#random() * 0.3 },
        effect: this.#pick(faultEffects),
        times,
      });
    }
    for (const proxy of [this.#w.dataPlane, this.#w.fronts.front('shop', 'web')]) {
      if (proxy === undefined || this.#random() >= 0.3) continue;
      const at = proxy.calls.length + 1 + Math.floor(this.#random() * 30);
      proxy.plant(at, this.#pick(kills ? ['fail', 'lost'] : ['fail', 'hang', 'hang-after', 'lost']));
    }
  }

  /** A fault may strike before there is a rollout; then nothing has begun. */
  #asked(request: RolloutRequest): Promise<Ended | undefined> {
    const begun = this.#w.start(request).then(
      (r) => this.#w.ended(r.id),
      () => undefined,
    );
    return this.#w.clock.run(begun);
  }

  /** Kills the server at a random write and starts another one. */
  async #killed(request: RolloutRequest): Promise<Ended | undefined> {
    const w = this.#w;
    const life = new Mortality();
    const runner = mortalRunner(w, life);
    life.dieAtWrite(1 + Math.floor(this.#random() * 120));
    const before = w.store.listRollouts('shop', 1)[0]?.id;
    const started = runner.start({ socket: '/fake.sock', request, requestId: `killed-${w.clock.now()}` }).catch(() => undefined);
    await w.clock.advance(1_800_000);
    if (!life.dead) await started;
    life.dead = true;
    w.runner = w.makeRunner(w.store);
    await w.clock.run(w.runner.resume());
    const [last] = w.store.listRollouts('shop', 1);
    return last === undefined || last.id === before ? undefined : w.clock.run(w.ended(last.id));
  }

  async #settle(shape: Shape | undefined): Promise<void> {
    if (shape !== undefined && shape.healthy) this.#checkServing(shape);
    this.#allowed = 0;
    // What ran longer than its watch may still crash later; it is no part of the promise.
    if (shape !== undefined && !shape.healthy) {
      const shown = { ...shape, image: 'app:1', healthy: true, v: ++this.#v };
      const end = await this.#w.up(toProject(shown));
      expect(end.exitCode, `seed ${this.#seed}: ${JSON.stringify(end.error)}`).toBe(0);
      this.#serving = shown;
    }
  }

  #checkServing(shape: Shape): void {
    const say = `seed ${this.#seed}: ${this.#w.instances().join(', ')}`;
    expect(this.#w.serving(), say).toHaveLength(shape.replicas);
    const running = this.#w.instances().filter((i) => i.includes('-web-') && i.endsWith(' running'));
    expect(running, say).toHaveLength(shape.replicas);
    expect(this.#w.store.listActiveRollouts(), say).toEqual([]);
    this.#checkEdge();
    this.#checkNames(shape);
  }

  /** What leads to `web` by its name: its front and nothing else, or every instance. */
  #checkNames(shape: Shape): void {
    const say = `seed ${this.#seed}: ${this.#w.instances().join(', ')}`;
    const front = this.#w.fronts.front('shop', 'web');
    const named = [...this.#w.engine.machine.containers.values()].filter(
      (c) => c.state === 'running' && [...c.endpoints.values()].some((e) => e.aliases.includes('web')),
    );
    if (shape.internal === 'dns') {
      expect(front?.container(), say).toBeUndefined();
      expect(named, say).toHaveLength(shape.replicas);
      return;
    }
    expect(
      named.map((c) => c.name),
      say,
    ).toEqual([front?.container()?.name]);
    expect(readyOf(front), say).toEqual(this.#w.serving());
  }

  /** No call to an instance that is not ready, and a front that is there never leads to fewer than the plan allows. */
  #checkFront(front: FakeFront): void {
    const ready = readyOf(front);
    for (const name of ready) this.#checkWell(name);
    const isKnown = front.config.listeners.length > 0 && this.#fronted;
    if (isKnown) expect(ready.length, `seed ${this.#seed}: behind the front: ${ready.join(', ')}`).toBeGreaterThanOrEqual(this.#allowed);
  }

  /** No route to an instance that is not ready, and never fewer ready ones than the plan allows. */
  #checkEdge(): void {
    const ready = this.#w.serving();
    for (const name of ready) this.#checkWell(name);
    expect(ready.length, `seed ${this.#seed}: ${ready.join(', ')}`).toBeGreaterThanOrEqual(this.#allowed);
  }

  #checkWell(name: string): void {
    const c = [...this.#w.engine.machine.containers.values()].find((one) => one.name === name);
    const isWell =
      c !== undefined &&
      (listening(c, this.#w.clock).length > 0 ||
        c.body.Image.includes('crash') ||
        c.body.Image.includes('late') ||
        c.state === 'restarting' ||
        this.#crashes(c.image.id));
    expect(isWell, `seed ${this.#seed}: ${name} gets requests and is ${c?.state ?? 'gone'}`).toBe(true);
  }

  #crashes(imageId: string): boolean {
    const late = this.#w.engine.images.find('app:late')?.id;
    return imageId === late;
  }
}

function readyOf(front: FakeFront | undefined): string[] {
  const servers = front?.config.backends.flatMap((b) => b.servers.filter((s) => s.state === 'ready').map((s) => s.name));
  return [...new Set(servers)].toSorted();
}
