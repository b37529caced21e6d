import { BerthError } from '../errors/index.ts';
import type { Redactor } from '../kit/index.ts';
import type { Clock, Engine, Store } from '../ports/index.ts';
import type { Runner } from '../run/index.ts';

/** What the server tells of itself. */
export type Identity = {
  readonly pid: number;
  readonly version: string;
  readonly home: string;
  readonly installation: string;
  readonly startedAtMs: number;
  /** Named in the message of a bug. */
  readonly log: string;
};

/** Where the server writes what happened; never bodies, which carry secrets. */
export type Log = {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
};

/** Everything that the API is made of. */
export type ServerDeps = {
  readonly runner: Runner;
  readonly store: Pick<Store, 'getApp' | 'getRollout' | 'listActiveRollouts' | 'listEvents'>;
  /** The engine behind a socket; without one, that of this home's apps, which is undefined before the first deploy. */
  readonly engine: (socket?: string) => Engine | undefined;
  /** The socket of the engine that the apps of this home run on; undefined without an app. */
  readonly engineInUse: () => string | undefined;
  readonly clock: Clock;
  readonly ids: { next(): string };
  readonly identity: Identity;
  readonly log: Log;
  /** Takes secret values out of what clients are told of failures. */
  readonly redactor: Pick<Redactor, 'data'>;
  /** Called when a client asks the server to stop, after it was answered. */
  readonly onStop: () => void;
};

/** The engine of an app that must be there. */
export function needEngine(deps: Pick<ServerDeps, 'engine'>, app: string, socket?: string): Engine {
  const engine = deps.engine(socket);
  if (engine !== undefined) return engine;
  throw new BerthError('APP_NOT_FOUND', `There is no app ${app} here: nothing was deployed yet.`, {
    hint: 'Run `berth up` in its directory.',
  });
}
