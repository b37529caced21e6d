import type { FileTree } from '../ports/index.ts';
import type { Detection, Stack } from './detection.ts';
import { nodeNpm } from './node.ts';
import { pythonPip } from './python.ts';

/** Every stack that berth knows; the first that finds itself is taken. */
const stacks: readonly Stack[] = [nodeNpm, pythonPip];

/** Finds out how to build and start a source tree that brings no Dockerfile, or answers undefined. */
export async function detectStack(tree: FileTree): Promise<Detection | undefined> {
  for (const stack of stacks) {
    const found = await stack.find(tree);
    if (found !== undefined) return found;
  }
  return undefined;
}
