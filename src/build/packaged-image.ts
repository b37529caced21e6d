import type { Engine } from '../ports/index.ts';
import { ensureMmdebstrap, makeBase } from './base-maker.ts';
import { runProcess } from './run-process.ts';

/** An image made of nothing but distribution packages. */
export type PackagedImageInput = {
  readonly id: string;
  readonly suite: 'bookworm' | 'trixie';
  readonly packages: readonly string[];
  readonly command: readonly string[];
  readonly repository: string;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
};

/** Makes an image of distribution packages and answers its id. Throws TOOL_MISSING and BASE_FAILED. */
export async function makePackagedImage(
  deps: { readonly engine: Pick<Engine, 'importImage'>; readonly environment: Readonly<Record<string, string>> },
  image: PackagedImageInput,
  signal?: AbortSignal,
): Promise<string> {
  const { id, suite, packages, command, repository, tag, labels } = image;
  await ensureMmdebstrap(runProcess, deps.environment, signal);
  const recipe = { id, suite, packages, command, npm: [] };
  return makeBase(
    { engine: deps.engine, run: runProcess, installed: {} },
    { recipe, repository, tag, labels, environment: deps.environment },
    signal,
  );
}
