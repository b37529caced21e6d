/** Time. `now` is the wall clock in milliseconds, `monotonic` never goes back. */
export interface Clock {
  now(): number;
  monotonic(): number;
  /** Rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness. Ids are URL-safe and sort by nothing. */
export interface Ids {
  next(): string;
}

/** How an instance wants to be spoken to: HTTP/2 without TLS, a PROXY protocol header first; HTTP/1.1 and nothing else when absent. */
export type HowSpoken = { readonly h2?: boolean | undefined; readonly sendProxy?: 'v1' | 'v2' | undefined };

/** Asks an instance from outside whether it is ready. One question a call; never throws for a bad answer. */
export interface Prober {
  http(
    input: { address: string; port: number; path: string; host?: string | undefined; timeoutMs: number } & HowSpoken,
    signal?: AbortSignal,
  ): Promise<ProbeAnswer>;
  tcp(input: { address: string; port: number; timeoutMs: number }, signal?: AbortSignal): Promise<ProbeAnswer>;
}

/** `status` is the HTTP status; `outcome` is for people: `200`, `connection refused`, `no answer in 2 s`. */
export type ProbeAnswer = { readonly ok: boolean; readonly status?: number | undefined; readonly outcome: string; readonly tookMs: number };

/** The machine under the engine. */
export interface Host {
  /** TCP sockets that the network namespace of a process listens on. Empty when it cannot be read. */
  listeners(pid: number): Promise<readonly { readonly address: string; readonly port: number }[]>;
  /** The other ends of connections to what a process's network namespace listens on. Empty when it cannot be read. */
  callers(pid: number): Promise<readonly { readonly address: string; readonly port: number }[]>;
  /** IPv4 networks that the machine routes to (`10.1.2.0/24`). */
  routes(): Promise<readonly string[]>;
  /** The process that listens on an address and port of the machine: `nginx (pid 42)`, or undefined. */
  listenerOn(input: { address: string; port: number }): Promise<string | undefined>;
  /** Keeps a file of a release for good, by content, and answers its path. Same bytes, same owner and mode: same path. */
  keepFile(input: {
    sha256: string;
    content: Uint8Array;
    mode: number;
    uid?: number | undefined;
    gid?: number | undefined;
  }): Promise<string>;
  /** The path of a file kept before, or undefined. */
  findFile(input: { sha256: string; mode: number; uid?: number | undefined; gid?: number | undefined }): Promise<string | undefined>;
  /** Whether a unit or cron line starts the server after a reboot. */
  startsAtBoot(): Promise<boolean>;
}

/** Read access to a source tree, for detection and hashing. Paths are relative with `/`; links are not followed outside. */
export interface FileTree {
  readonly root: string;
  read(path: string): Promise<string | undefined>;
  /** Entries of one directory: `{ name, kind }`. */
  list(path: string): Promise<readonly { readonly name: string; readonly kind: 'file' | 'directory' | 'link' }[]>;
}
