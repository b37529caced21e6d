import { Buffer } from 'node:buffer';
import type * as z from 'zod';
import { protocolVersion, type Api, type Endpoint, type Mode, type ServerStatus } from '../contract/index.ts';
import { BerthError } from '../errors/index.ts';
import { followAll, followRollout } from './follow-events.ts';
import { appLogs } from './app-logs.ts';
import type { ServerDeps } from './deps.ts';

type Answer<M extends Mode, R> = M extends 'events' ? AsyncIterable<R> : Promise<R>;
type Handler<E> =
  E extends Endpoint<infer P, infer B, infer R, infer M>
    ? (input: { readonly params: z.output<P>; readonly body: z.output<B> }, signal: AbortSignal) => Answer<M, z.input<R>>
    : never;

/** One function for each endpoint of the contract. */
export type Handlers = { readonly [K in keyof Api]: Handler<Api[K]> };

/** Answers the contract with the domain. Input was checked before; failures are BerthError. */
export function createHandlers(deps: ServerDeps): Handlers {
  const { runner, store, identity, clock } = deps;
  return {
    async status(_input, signal) {
      return {
        pid: identity.pid,
        version: identity.version,
        protocol: protocolVersion,
        home: identity.home,
        installation: identity.installation,
        engine: await engineStatus(deps, signal),
        startedAtMs: identity.startedAtMs,
        uptimeMs: clock.now() - identity.startedAtMs,
        apps: runner.apps(),
        activeRollouts: store.listActiveRollouts().length,
      };
    },
    stopServer() {
      deps.onStop();
      return Promise.resolve({});
    },

    plan: ({ body }, signal) => runner.plan({ socket: body.engine.socket, request: body.request }, signal),
    startRollout: ({ body }) => runner.start({ requestId: body.requestId, socket: body.engine.socket, request: body.request }),
    getRollout: ({ params }) => Promise.resolve(needRollout(deps, params.id)),
    followRollout: ({ params }, signal) => {
      needRollout(deps, params.id);
      return followRollout(deps, params, signal);
    },
    cancelRollout({ params }) {
      needRollout(deps, params.id);
      return Promise.resolve(runner.cancel(params.id));
    },
    events: ({ params }, signal) => followAll(deps, params, signal),

    listApps: () => runner.statusAll(),
    getApp: ({ params }) => runner.status(params.app),
    traffic: ({ params }, signal) => runner.traffic(params, signal),
    maintenance: async ({ params, body }) => ({ services: await runner.maintenance(params.app, body) }),
    listReleases: ({ params }) => runner.releases(params.app),
    listVolumes: ({ params }) => runner.volumes(params.app),
    logs: ({ params }, signal) => appLogs(deps, params, signal),
    listCertificates: () => runner.certificates(),
    authority: () => runner.authority(),
    renewCertificates: ({ body }) => runner.renewCertificates(body.hosts),
    listSecrets: ({ params }) => Promise.resolve(runner.secrets.list(params.app)),
    async setSecrets({ body: { values, known, ...scope } }) {
      const bytes = Object.entries(values).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
      return runner.secrets.set(scope, new Map(bytes), { known });
    },
    async getSecret({ body: { name, version, ...scope } }) {
      const found = await runner.secrets.get(scope, name, version);
      return { ...found, value: Buffer.from(found.value).toString('base64') };
    },
    removeSecret: ({ body: { name, ...scope } }) => Promise.resolve({ versions: runner.secrets.remove(scope, name) }),
    rotateSecretKey: async () => ({ versions: await runner.secrets.rotateKey() }),
    upgrade: ({ body }, signal) => runner.upgrade(body, signal),
    uninstall: ({ body }) => runner.uninstall(body),
  };
}

/** What the status says of the engine: nothing when it does not answer. */
async function engineStatus(deps: Pick<ServerDeps, 'engine'>, signal: AbortSignal): Promise<ServerStatus['engine']> {
  try {
    const engine = await deps.engine()?.info(signal);
    return engine && { socket: engine.socket, name: engine.name, version: engine.version, apiVersion: engine.apiVersion };
  } catch (error) {
    if (error instanceof BerthError) return { unreachable: error.message };
    throw error;
  }
}

function needRollout(deps: Pick<ServerDeps, 'store'>, id: string) {
  const rollout = deps.store.getRollout(id);
  if (rollout !== undefined) return rollout;
  throw new BerthError('ROLLOUT_NOT_FOUND', `There is no rollout ${id} here.`, {
    hint: 'Run `berth history` for the rollouts of the app.',
  });
}
