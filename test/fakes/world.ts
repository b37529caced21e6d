import type { RolloutRequest } from '../../src/contract/index.ts';
import {
  projectSchema,
  rolloutSettingsSchema,
  serviceSchema,
  type EventRecord,
  type Project,
  type Rollout,
  type Service,
} from '../../src/model/index.ts';
import type { Store } from '../../src/ports/index.ts';
import { createRedactor, createRunner, type Runner } from '../../src/run/index.ts';
import { openStore } from '../../src/store/index.ts';
import { FakeBuilder } from './builder.ts';
import { FakeCertificates } from './certificates.ts';
import { FakeSealer, FakeSecretProvider } from './secrets.ts';
import { FakeTelemetry } from './telemetry.ts';
import { FakeClock } from './clock.ts';
import { FakeDataPlane } from './data-plane.ts';
import type { FakeImage } from './engine/behaviour.ts';
import { FakeEngine } from './engine/engine.ts';
import { FakeFronts } from './fronts.ts';
import { FakeHost, FakeProber } from './host.ts';
import { FakeIds } from './ids.ts';

/** A service for tests; what is left out has the schema's defaults. */
export function service(input: Partial<Record<keyof Service, unknown>> & { name: string }): Service {
  const base = { image: 'app:1', rollout: rolloutSettingsSchema.parse({}), container: {}, networks: [{ network: 'default' }] };
  return serviceSchema.parse({ ...base, ...input });
}

/** A web service on port 3000 behind port 8080, which answers `/healthz`. */
export function web(input: Partial<Record<Exclude<keyof Service, 'name'>, unknown>> = {}): Service {
  return service({
    name: 'web',
    replicas: 3,
    ports: [{ target: 3000, published: 8080 }],
    probe: { check: { kind: 'http', path: '/healthz' }, withinMs: 20_000 },
    ...input,
  });
}

/** A project of services on one network. */
export function project(services: readonly Service[], rest: Partial<Project> = {}): Project {
  return projectSchema.parse({
    name: 'shop',
    directory: '/src/shop',
    services,
    networks: [{ key: 'default', name: 'shop_default' }],
    volumes: [],
    ...rest,
  });
}

/** An application that answers on port 3000. */
export const answering = { behaviour: { listens: [{ port: 3000 }], readyAfterMs: 300, stopTakesMs: 50 } } as const satisfies FakeImage;

/** A whole machine in memory, with a runner on it. Time jumps; `restartServer` is `kill -9` and a new start. */
export class FakeWorld {
  readonly clock = new FakeClock();
  readonly engine: FakeEngine;
  readonly dataPlane: FakeDataPlane;
  readonly fronts: FakeFronts;
  readonly builder: FakeBuilder;
  readonly host: FakeHost;
  readonly certificates: FakeCertificates;
  readonly telemetry = new FakeTelemetry();
  readonly sealer = new FakeSealer();
  readonly secretProvider = new FakeSecretProvider();
  readonly redactor = createRedactor();
  readonly store: Store;
  readonly ids: FakeIds;
  runner: Runner;
  #requests = 0;

  constructor(seed = 1) {
    this.engine = new FakeEngine({ clock: this.clock, seed });
    this.dataPlane = new FakeDataPlane(this.clock);
    this.fronts = new FakeFronts({ engine: this.engine, installation: () => this.store.installation });
    this.builder = new FakeBuilder(this.engine);
    this.host = new FakeHost(this.engine, this.clock);
    this.certificates = new FakeCertificates(this.clock);
    this.ids = new FakeIds(seed);
    this.store = openStore({ path: ':memory:', clock: this.clock, ids: this.ids });
    this.runner = this.makeRunner(this.store);
    this.engine.addImage('app:1', answering);
  }

  makeRunner(store: Store): Runner {
    const { clock, ids, host } = this;
    const target = { socket: '/fake.sock', engine: this.engine, dataPlane: this.dataPlane, fronts: this.fronts, builder: this.builder };
    return createRunner({
      store,
      clock,
      ids,
      host,
      prober: new FakeProber(this.engine, clock),
      connect: () => target,
      certificates: this.certificates,
      telemetry: this.telemetry,
      sealer: this.sealer,
      secretProvider: this.secretProvider,
      redactor: this.redactor,
      onTrouble: () => undefined,
    });
  }

  upRequest(
    p: Project,
    rest: { services?: string[]; build?: 'auto' | 'always' | 'never'; named?: boolean; files?: Record<string, string> } = {},
  ): RolloutRequest {
    const buildEnvironment = { proxy: {}, certificateFiles: [], bases: 'auto' as const, tool: {} };
    const { files = {}, named = false, services = [], build = 'auto' } = rest;
    return { kind: 'up', deployment: { project: p, files, registryAuths: {}, buildEnvironment, named }, services, build };
  }

  start(request: RolloutRequest): Promise<Rollout> {
    return this.runner.start({ socket: '/fake.sock', request, requestId: `request-${++this.#requests}` });
  }

  /** Runs a request to its end and answers its last event. */
  async do(request: RolloutRequest): Promise<Ended> {
    return this.clock.run(this.start(request).then((r) => this.ended(r.id)));
  }

  up(p: Project, rest: Parameters<FakeWorld['upRequest']>[1] = {}): Promise<Ended> {
    return this.do(this.upRequest(p, rest));
  }

  /** Resolves with the `rollout.ended` event of a rollout. */
  ended(id: string): Promise<Ended> {
    return new Promise((resolve) => {
      const find = (records: readonly EventRecord[]): Ended | undefined => {
        const last = records.find((r) => r.rollout === id && r.event.type === 'rollout.ended');
        return last?.event.type === 'rollout.ended' ? { ...last.event, id } : undefined;
      };
      const known = find(this.store.listEvents({ rollout: id }));
      if (known !== undefined) {
        resolve(known);
        return;
      }
      const stop = this.runner.events.subscribe((record) => {
        const now = find([record]);
        if (now === undefined) return;
        stop();
        resolve(now);
      });
    });
  }

  /** Names and states of the app's instances, as the engine has them. */
  instances(): string[] {
    return [...this.engine.machine.containers.values()]
      .filter((c) => c.body.Labels['dev.berth.role'] === 'instance')
      .map((c) => `${c.name} r${c.body.Labels['dev.berth.release'] ?? '?'} ${c.state}`)
      .toSorted();
  }

  /** Names of the servers that get new requests on the edge. */
  serving(): string[] {
    return [
      ...new Set(this.dataPlane.config.backends.flatMap((b) => b.servers.filter((s) => s.state === 'ready').map((s) => s.name))),
    ].toSorted();
  }

  /** Kinds of the events of a rollout's steps, in order: `done instance.create web-1`. */
  steps(id: string): string[] {
    return this.store.listEvents({ rollout: id }).flatMap(({ event }) => {
      if (event.type !== 'step.done' && event.type !== 'step.failed') return [];
      const { action } = event;
      const on = 'instance' in action ? action.instance : 'service' in action ? (action.service ?? '') : '';
      return [`${event.type.slice(5)} ${action.kind} ${on}`.trim()];
    });
  }
}

/** How a rollout ended. */
export type Ended = Extract<EventRecord['event'], { type: 'rollout.ended' }> & { readonly id: string };
