import type { Service } from '../../model/index.ts';

/** A network that a container joins, by its engine name, with the address that berth chose for it. */
export type JoinedNetwork = {
  readonly name: string;
  readonly key: string | undefined;
  readonly address: string | undefined;
  /** The container has the service's names there; without, it is called through the service's front. */
  readonly named: boolean;
};

/** Everything besides the service itself that decides how its container is made. */
export type ContainerInput = {
  readonly service: Service;
  /** What the engine knows the image by. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly networks: readonly JoinedNetwork[];
  /** Engine names of volumes by their key in the file. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Host paths of kept secrets and configs, by their place in `service.files`. */
  readonly files: readonly string[];
  /** The values of secrets: variables, and the paths of `service.secretFiles`. */
  readonly secrets: { readonly environment: Readonly<Record<string, string>>; readonly files: readonly string[] };
  /** Anonymous volumes taken over from a predecessor. */
  readonly carried: readonly { readonly name: string; readonly target: string }[];
  /** What is not to stay up and gets no traffic: no restart, no published ports, no aliases. */
  readonly once: boolean;
  /** Replaces the command of the file. */
  readonly command?: readonly string[] | undefined;
  readonly overrides?:
    | {
        readonly tty: boolean;
        readonly stdin: boolean;
        readonly user?: string | undefined;
        readonly workingDir?: string | undefined;
        readonly environment: Readonly<Record<string, string>>;
      }
    | undefined;
  /** Container of another service for `network_mode: service:NAME` and the like, by service name. */
  readonly containerOf: (service: string) => string;
};
