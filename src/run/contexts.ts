import { BerthError } from '../errors/index.ts';
import { Mutex } from '../kit/index.ts';
import { CertificateKeeper } from './certificate/certificate-keeper.ts';
import type { RunContext, RunDeps, Target } from './deps.ts';
import type { EventLog } from './event-log.ts';
import { appOf, needApp } from './rollout/goal.ts';
import type { RunnerInput } from './runner.ts';
import { EdgeKeeper } from './target/edge-keeper.ts';
import { FrontKeeper } from './target/front-keeper.ts';
import { keepFiles } from './target/kept-files.ts';
import { learnRequest } from './target/secrets.ts';

/** The engine of an installation, kept so that a restarted server finds it again. */
export const socketSetting = 'engine.socket';

/** Who changes the proxies of a target. */
export type Keepers = { readonly edge: EdgeKeeper; readonly fronts: FrontKeeper };

/** Makes the surroundings of rollouts and of looks at apps: the same keepers for the same engine, and what a request brings along. */
export class Contexts {
  readonly certificateKeeper: CertificateKeeper;
  /** Guards sealing values and keeping them. */
  readonly sealing = new Mutex();
  readonly #deps: RunDeps;
  readonly #events: EventLog;
  readonly #addressing = new Mutex();
  readonly #keepers = new Map<string, Keepers>();

  constructor(deps: RunDeps, events: EventLog) {
    this.#deps = deps;
    this.#events = events;
    this.certificateKeeper = new CertificateKeeper({ ...deps, edge: () => this.#edge() });
  }

  /** The engine that the apps of this home run on; undefined before the first deploy. */
  target(): Target | undefined {
    const socket = this.#deps.store.getSetting(socketSetting);
    return socket === undefined ? undefined : this.#deps.connect(socket);
  }

  /** The socket of that engine, or ENGINE_UNREACHABLE. */
  needSocket(): string {
    const socket = this.#deps.store.getSetting(socketSetting);
    if (socket !== undefined) return socket;
    throw new BerthError('ENGINE_UNREACHABLE', 'This home has not been used with an engine yet.', { hint: 'Run `berth up`.' });
  }

  /** One home drives one engine; another one would leave the apps of the first without an edge. ENGINE_UNSUPPORTED. */
  checkSocket(socket: string): void {
    const known = this.#deps.store.getSetting(socketSetting);
    if (known === undefined || known === socket || this.#deps.store.listApps().length === 0) return;
    throw new BerthError('ENGINE_UNSUPPORTED', `The apps of this home run on the engine at ${known}; this command is for ${socket}.`, {
      hint: 'Set BERTH_HOME to another directory for another engine.',
    });
  }

  keepersOf(target: Target): Keepers {
    const { store, clock, certificates } = this.#deps;
    const known = this.#keepers.get(target.socket);
    if (known !== undefined) return known;
    const keepers = {
      edge: new EdgeKeeper({ store, dataPlane: target.dataPlane, clock, certificates }),
      fronts: new FrontKeeper({ store, fronts: target.fronts, clock }),
    };
    this.#keepers.set(target.socket, keepers);
    return keepers;
  }

  /** What a rollout, or a command of one, works with. */
  async of(input: RunnerInput, how: { readonly rolloutId: string; readonly resumed?: boolean }): Promise<RunContext> {
    const target = this.#deps.connect(input.socket);
    const { request } = input;
    const deployment = 'deployment' in request ? request.deployment : undefined;
    if (deployment !== undefined) learnRequest(this.#deps.redactor, deployment);
    return {
      ...this.#deps,
      target,
      ...this.keepersOf(target),
      certificateKeeper: this.certificateKeeper,
      events: this.#events,
      app: appOf(request),
      rolloutId: how.rolloutId,
      addressing: this.#addressing,
      sealing: this.sealing,
      auths: deployment?.registryAuths ?? {},
      buildEnvironment: deployment?.buildEnvironment,
      secretVariables: how.resumed === true ? undefined : (deployment?.secretVariables ?? {}),
      files: deployment === undefined ? new Map() : await keepFiles(this.#deps, deployment),
    };
  }

  /** For looking at an app that exists. APP_NOT_FOUND. */
  async ofApp(app: string): Promise<RunContext> {
    needApp(this.#deps.store, app);
    return this.of({ socket: this.needSocket(), request: { kind: 'down', app, volumes: false } }, { rolloutId: 'look' });
  }

  #edge(): EdgeKeeper | undefined {
    const target = this.target();
    return target === undefined ? undefined : this.keepersOf(target).edge;
  }
}
