/** What a host offers a build step: extra certificate authorities and the package index settings, never kept in an image. */
export type HostAccess = 'node' | 'python';

/** A step that installs packages: its cache, and the settings of the host that it may read. */
export type InstallStep = {
  readonly command: string;
  readonly access: HostAccess;
  /** Cache mounts, id to directory. Ids carry berth's prefix, so that they meet nobody else's. */
  readonly caches: Readonly<Record<string, string>>;
};

/** One `ARG` that names a base image: what the builder replaces, and what `docker build` by hand pulls. */
export type Base = { readonly argument: string; readonly id: string; readonly reference: string };

/** A Dockerfile as data: what every stack fills in, and one renderer writes out (`dockerfile.ts`). */
export type Recipe = {
  readonly base: { readonly build: Base; readonly run: Base };
  readonly build: {
    /** Manifests, copied before the source so that the packages stay cached while only source changes. */
    readonly manifests: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
    readonly install: readonly InstallStep[];
    /** Steps after the source is there; empty when the source runs as it is. */
    readonly compile: readonly InstallStep[];
  };
  readonly run: {
    readonly environment: Readonly<Record<string, string>>;
    /** Directories of the build stage that the image takes, each a layer of its own. */
    readonly copies: readonly string[];
    readonly source: 'context' | 'build';
    readonly port: number;
    readonly stopSignal?: string | undefined;
    readonly command: readonly string[];
  };
};
