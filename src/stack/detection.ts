import type { FileTree } from '../ports/index.ts';

/** What was found in a source tree, and the files that berth would write for it. */
export type Detection = {
  readonly stack: string;
  /** The version of the language: `24`, `3.13`. */
  readonly version: string;
  /** The files that voted, each with what it said: `package.json: scripts.start is "node server.js"`. */
  readonly why: readonly string[];
  /** The port that the application listens on. */
  readonly port: number;
  readonly startCommand: readonly string[];
  readonly dockerfile: string;
  readonly dockerignore: string;
  /** `ARG` of the Dockerfile to the id of the base that it stands for: `node-run:24`. */
  readonly bases: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
};

/** One language and package tool: what it is called, and how it is found and built. */
export type Stack = { readonly name: string; find(tree: FileTree): Promise<Detection | undefined> };
