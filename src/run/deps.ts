import type { BerthError } from '../errors/index.ts';
import type { Mutex, Redactor } from '../kit/index.ts';
import type { Builder, Certificates, Clock, DataPlane, Engine, Fronts, Host, Ids, Prober, Store, Telemetry } from '../ports/index.ts';
import type { BuildEnvironment, RegistryAuth, Sealer, SecretProvider } from '../ports/index.ts';
import type { Build, Project, Release, ReleaseImage, SecretPin, Service } from '../model/index.ts';
import type { DesiredService } from '../plan/index.ts';
import type { CertificateKeeper } from './certificate/certificate-keeper.ts';
import type { EdgeKeeper } from './target/edge-keeper.ts';
import type { FrontKeeper } from './target/front-keeper.ts';
import type { EventLog } from './event-log.ts';

/** What a container engine brings along: itself, the edge and the fronts on its machine, and how images are built for it. */
export type Target = {
  readonly socket: string;
  readonly engine: Engine;
  readonly dataPlane: DataPlane;
  readonly fronts: Fronts;
  readonly builder: Builder;
};

/** Everything that running rollouts needs from outside. */
export type RunDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly host: Host;
  readonly prober: Prober;
  readonly certificates: Certificates;
  readonly telemetry: Telemetry;
  readonly sealer: Sealer;
  readonly secretProvider: SecretProvider;
  /** Learns every secret value that is handled, and takes them out of all that is told. */
  readonly redactor: Redactor;
  /** The target behind an engine's socket; the same object for the same socket. */
  readonly connect: (socket: string) => Target;
  /** Hears of failures that end nothing, for the server's log. */
  readonly onTrouble: (error: BerthError) => void;
};

/** One rollout's surroundings, handed to every action. */
export type RunContext = RunDeps & {
  readonly target: Target;
  readonly edge: EdgeKeeper;
  readonly fronts: FrontKeeper;
  readonly certificateKeeper: CertificateKeeper;
  readonly events: EventLog;
  readonly app: string;
  readonly rolloutId: string;
  /** Guards choosing subnets and addresses. */
  readonly addressing: Mutex;
  /** Guards sealing values and keeping them: the first makes the key, and another key may come in between. */
  readonly sealing: Mutex;
  readonly auths: Readonly<Record<string, RegistryAuth>>;
  readonly buildEnvironment: BuildEnvironment | undefined;
  /** Host paths of kept secret and config files, by SHA-256. */
  readonly files: Map<string, string>;
  /** Variables of who asked, of those that sources of secrets name; undefined when they are not known any more. */
  readonly secretVariables: Readonly<Record<string, string>> | undefined;
};

/** The release that the steps in progress belong to: the new one going forward, the old one going back. */
export type Side = {
  readonly release: number;
  readonly project: Project;
  readonly images: Readonly<Record<string, ReleaseImage>>;
  readonly services: ReadonlyMap<string, DesiredService>;
  /** What probing found, and what was known before. */
  readonly pins: Map<string, Release['pins'][string]>;
  /** The versions of secrets that it uses. */
  readonly secrets: Readonly<Record<string, SecretPin>>;
};

/** A service that has to be built, and how. */
export type Buildable = { readonly service: Service; readonly build: Build };

/** Narrows to the services with a `build`. */
export function buildable(service: Service): Buildable | undefined {
  return service.build === undefined ? undefined : { service, build: service.build };
}
