import { BerthError } from '../../src/errors/index.ts';
import type { EventRecord, Instance, Rollout, RolloutEvent } from '../../src/model/index.ts';
import type { Clock, Ids, Store } from '../../src/ports/index.ts';
import { Mutex, Redactor } from '../../src/kit/index.ts';
import type { Runner } from '../../src/run/index.ts';
import { secretVerbs } from '../../src/run/secret-verbs.ts';
import { FakeSealer } from './secrets.ts';

/**
 * A domain that only counts: a rollout writes `steps` notices, one every `stepMs`, and ends. It goes on where it was
 * when another process opens its store, as the real one does.
 */
export class FakeRunner implements Runner {
  readonly instancesOf = new Map<string, Instance[]>();
  readonly jobsOf = new Map<string, Instance[]>();
  readonly cleaned: string[] = [];
  readonly #deps: { readonly store: Store; readonly clock: Clock; readonly ids: Ids };
  readonly #listeners = new Set<(record: EventRecord) => void>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #steps: number;
  readonly #stepMs: number;
  #oneOff: string | undefined;

  readonly events = {
    subscribe: (listener: (record: EventRecord) => void): (() => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  };

  readonly secrets: Runner['secrets'];

  constructor(deps: { readonly store: Store; readonly clock: Clock; readonly ids: Ids }, pace = { steps: 5, stepMs: 20 }) {
    this.#deps = deps;
    this.secrets = secretVerbs({ ...deps, sealer: new FakeSealer(), redactor: new Redactor(), sealing: new Mutex() });
    this.#steps = pace.steps;
    this.#stepMs = pace.stepMs;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** The container that the next one-off command gets. */
  prepareOneOff(name: string): void {
    this.#oneOff = name;
  }

  emit(rollout: string, app: string, event: RolloutEvent): void {
    const record = this.#deps.store.appendEvent(rollout, app, event, this.#deps.clock.now());
    for (const listener of this.#listeners) listener(record);
  }

  plan: Runner['plan'] = ({ request }) => {
    if ('app' in request && request.app === 'boom') return Promise.reject(new TypeError('x is not a function'));
    return Promise.resolve({ app: 'shop', release: 1, services: [], steps: [], warnings: [] });
  };

  start: Runner['start'] = ({ requestId, request }) => {
    const app = 'deployment' in request ? request.deployment.project.name : request.app;
    const { store, clock, ids } = this.#deps;
    const asked = { id: ids.next(), requestId, app, kind: request.kind, createdAtMs: clock.now(), input: request };
    const { rollout, created } = store.createRollout(asked);
    if (created) this.#run(rollout);
    return Promise.resolve(rollout);
  };

  cancel: Runner['cancel'] = (id) => {
    this.#deps.store.updateRollout(id, { state: 'cancelled', endedAtMs: this.#deps.clock.now() });
    return this.#need(id);
  };

  resume: Runner['resume'] = () => {
    for (const rollout of this.#deps.store.listActiveRollouts()) {
      this.emit(rollout.id, rollout.app, { type: 'rollout.resumed', how: 'resume', why: 'the server ended' });
      this.#run(rollout);
    }
    return Promise.resolve();
  };

  status: Runner['status'] = (app) => {
    const record = this.#deps.store.getApp(app);
    if (record === undefined) return Promise.reject(new BerthError('APP_NOT_FOUND', `There is no app ${app} here.`, { hint: 'Look.' }));
    return Promise.resolve({ app, directory: record.directory, services: [] });
  };

  apps: Runner['apps'] = () => this.#deps.store.listApps().map((app) => app.name);
  statusAll: Runner['statusAll'] = () => Promise.all(this.apps().map((name) => this.status(name)));
  traffic: Runner['traffic'] = ({ app }) => Promise.resolve({ app, fromMs: 0, toMs: 60_000, services: [], gaps: [] });
  maintenance: Runner['maintenance'] = (_app, { services, on }) => Promise.resolve(on ? [...services] : []);
  releases: Runner['releases'] = () => Promise.resolve([]);
  volumes: Runner['volumes'] = () => Promise.resolve(['shop_data']);
  upgrade: Runner['upgrade'] = () => Promise.resolve({ proxies: [] });
  uninstall: Runner['uninstall'] = (input) => Promise.resolve({ removed: input.purge ? ['shop'] : [], kept: input.purge ? [] : ['shop'] });

  jobs: Runner['jobs'] = (app) => Promise.resolve(this.jobsOf.get(app) ?? []);

  certificates: Runner['certificates'] = () => Promise.resolve([]);
  authority: Runner['authority'] = () => Promise.resolve({ pem: 'pem of the authority', fingerprint: 'AA:BB', notAfterMs: 0 });
  renewCertificates: Runner['renewCertificates'] = () => Promise.resolve([]);

  runOneOff: Runner['runOneOff'] = () => {
    const name = this.#oneOff;
    if (name === undefined) return Promise.reject(new BerthError('SERVICE_NOT_FOUND', 'There is no such service.'));
    return Promise.resolve({ name, cleanup: () => Promise.resolve(void this.cleaned.push(name)) });
  };

  pickInstance: Runner['pickInstance'] = async (app, service) => {
    const [first] = await this.instances(app, [service]);
    if (first === undefined) throw new BerthError('INSTANCE_NOT_FOUND', `No instance of ${service} runs.`);
    return { containerId: first.containerId, name: first.name };
  };

  instances: Runner['instances'] = (app, services) => {
    const all = this.instancesOf.get(app);
    if (all === undefined) return Promise.reject(new BerthError('APP_NOT_FOUND', `There is no app ${app} here.`));
    return Promise.resolve(all.filter((i) => services === undefined || services.length === 0 || services.includes(i.service)));
  };

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
  }

  #run(rollout: Rollout): void {
    const work = this.#work(rollout).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  async #work({ id, app }: Rollout): Promise<void> {
    const { store, clock } = this.#deps;
    const done = () => store.listEvents({ rollout: id }).filter((record) => record.event.type === 'notice').length;
    for (let step = done(); step < this.#steps; step += 1) {
      if (this.#closing.signal.aborted) return;
      this.emit(id, app, { type: 'notice', level: 'info', message: `step ${step + 1}` });
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      await clock.sleep(this.#stepMs);
    }
    store.updateRollout(id, { state: 'done', endedAtMs: clock.now() });
    this.emit(id, app, { type: 'rollout.ended', state: 'done', exitCode: 0, tookMs: 1, urls: [], unchanged: false, closedConnections: 0 });
  }

  #need(id: string): Rollout {
    const rollout = this.#deps.store.getRollout(id);
    if (rollout === undefined) throw new Error(`no rollout ${id}`);
    return rollout;
  }
}
