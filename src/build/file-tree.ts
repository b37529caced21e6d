import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { BerthError } from '../errors/index.ts';
import type { FileTree } from '../ports/index.ts';

/**
 * Opens a directory of this machine as a source tree. What lies outside it, also by a link, is as if it were not there.
 * Its calls throw FILE_NOT_FOUND when there is no such directory.
 */
export function openFileTree(root: string): FileTree {
  const inside = async (path: string): Promise<string | undefined> => {
    const absolute = join(root, normalize(path));
    const [real, realRoot] = await Promise.all([orUndefined(realpath(absolute)), orUndefined(realpath(root))]);
    if (realRoot === undefined) throw missingRoot(root);
    if (real === undefined) return undefined;
    return real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep) ? real : undefined;
  };
  return {
    root,
    async read(path) {
      const file = await inside(path);
      if (file === undefined || !(await lstat(file)).isFile()) return undefined;
      return await readFile(file, 'utf8');
    },
    async list(path) {
      const directory = await inside(path);
      if (directory === undefined || !(await lstat(directory)).isDirectory()) return [];
      const entries = await readdir(directory, { withFileTypes: true });
      return entries
        .map((entry) => ({ name: entry.name, kind: entry.isSymbolicLink() ? 'link' : entry.isDirectory() ? 'directory' : 'file' }) as const)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

function missingRoot(root: string): BerthError {
  return new BerthError('FILE_NOT_FOUND', `Could not read the build context ${root}: there is no such directory.`, {
    where: { file: root },
  });
}

/** A path that is not there is a value; every other failure stays one. */
async function orUndefined(promise: Promise<string>): Promise<string | undefined> {
  try {
    return await promise;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR')) return undefined;
    throw thrown;
  }
}
