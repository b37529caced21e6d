import type { Clock, Engine, EngineInfo, Store } from '../ports/index.ts';
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

/** The engines that apps were deployed to. */
export type EngineDirectory = {
  /** The engine of an app. */
  of(app: string): Promise<Engine>;
  /** Remembers the engine of an app before it is deployed. */
  remember(app: string, socket: string): void;
  /** What answers for the apps of this home; undefined when nothing is deployed or nothing answers. */
  info(signal?: AbortSignal): Promise<EngineInfo | undefined>;
};

/** Everything that the API is made of. */
export type ServerDeps = {
  readonly runner: Runner;
  readonly store: Pick<Store, 'listApps' | 'getApp' | 'getRollout' | 'listActiveRollouts' | 'listEvents'>;
  readonly engines: EngineDirectory;
  readonly clock: Clock;
  readonly ids: { next(): string };
  readonly identity: Identity;
  readonly log: Log;
  /** Called when a client asks the server to stop, after it was answered. */
  readonly onStop: () => void;
};
