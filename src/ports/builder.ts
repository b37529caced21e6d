import type { Build } from '../model/index.ts';

/** The user's surroundings that a build may use; sent by the CLI, since the server has none of its own. */
export type BuildEnvironment = {
  /** HTTP_PROXY, HTTPS_PROXY, NO_PROXY and their lower-case forms. */
  readonly proxy: Readonly<Record<string, string>>;
  /** Absolute paths of extra certificate authorities (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS, the system's local directory). */
  readonly certificateFiles: readonly string[];
  /** Absolute paths of package index settings: `.npmrc`, `pip.conf`. */
  readonly npmrc?: string | undefined;
  readonly pipConf?: string | undefined;
  /** `registry`, `distro` or `auto` (`BERTH_BASES`). */
  readonly bases: 'registry' | 'distro' | 'auto';
  /** PATH, HOME and DOCKER_CONFIG for the build tool. */
  readonly tool: Readonly<Record<string, string>>;
};

export type BuildInput = {
  readonly app: string;
  readonly service: string;
  readonly build: Build;
  readonly environment: BuildEnvironment;
  /** Labels that the image must carry beside those of the file. */
  readonly labels: Readonly<Record<string, string>>;
  /** The values of those of `build.secrets` that are secrets of the project, by their name there; nothing but `build` needs them. */
  readonly secrets?: Readonly<Record<string, Uint8Array>>;
  /** `repository:tag` to give to the result. */
  readonly tag: string;
};

export type BuildProgress = { readonly message: string; readonly step?: number | undefined; readonly steps?: number | undefined };

/** Makes images from source. */
export interface Builder {
  /** The image that an equal build already made on this engine (label `dev.berth.build`), or undefined. */
  find(input: BuildInput, signal?: AbortSignal): Promise<{ readonly imageId: string } | undefined>;
  /**
   * Builds, and answers the image's id. Throws BUILD_TOOL_MISSING, BUILD_FAILED (details.lines: the last lines),
   * BASE_FAILED, FILE_NOT_FOUND. Killing the signal ends the build's whole process group.
   */
  build(input: BuildInput, onProgress: (p: BuildProgress) => void, signal?: AbortSignal): Promise<{ readonly imageId: string }>;
}
