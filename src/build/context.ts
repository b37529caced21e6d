import { createHash, type Hash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, type Dirent } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { BerthError } from '../errors/index.ts';
import type { IgnoreRules } from './docker-ignore.ts';

/**
 * The SHA-256 of a build context: names, kinds, modes, contents and link targets of all that is not ignored, in order.
 * Reads synchronously: ten thousand small files take half the time that promises would need.
 * Throws FILE_INVALID for a link that leaves the context and for what cannot be read, naming it.
 */
export function hashContext(root: string, rules: IgnoreRules): string {
  const hash = createHash('sha256');
  try {
    for (const entry of listContext(root, rules)) addEntry(hash, root, entry);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'path' in thrown && 'code' in thrown)) throw thrown;
    const file = String(thrown.path);
    throw new BerthError('FILE_INVALID', `Could not read the build context ${root}: ${file} cannot be read (${String(thrown.code)}).`, {
      where: { file },
      hint: 'Make it readable, or name it in .dockerignore.',
      cause: thrown,
    });
  }
  return hash.digest('hex');
}

function addEntry(hash: Hash, root: string, { path, kind }: ContextEntry): void {
  const absolute = join(root, path);
  if (kind === 'link') {
    hash.update(`link ${path}\0${checkedLink(root, path)}\0`);
    return;
  }
  hash.update(`${kind} ${path}\0${(lstatSync(absolute).mode & 0o7777).toString(8)}\0`);
  if (kind === 'directory') return;
  const content = readFileSync(absolute);
  hash.update(`${content.length}\0`).update(content);
}

/** One thing in a context. */
export type ContextEntry = { readonly path: string; readonly kind: 'file' | 'directory' | 'link' };

/** Lists what a build would send, directories before what is in them, names in byte order. */
export function* listContext(root: string, rules: IgnoreRules, directory = ''): Generator<ContextEntry> {
  const entries = readdirSync(join(root, directory), { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    const kind = kindOf(entry);
    if (kind === undefined) continue;
    const ignored = rules.ignores(path);
    if (!ignored) yield { path, kind };
    if (kind === 'directory' && !(ignored && rules.prunes(path))) yield* listContext(root, rules, path);
  }
}

/** Sockets, pipes and devices cannot be sent. */
function kindOf(entry: Dirent): ContextEntry['kind'] | undefined {
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isDirectory()) return 'directory';
  return entry.isFile() ? 'file' : undefined;
}

function checkedLink(root: string, path: string): string {
  const absolute = join(root, path);
  const target = readlinkSync(absolute);
  const wanted = resolve(dirname(absolute), target);
  const real = realPath(wanted) ?? wanted;
  if (!isInside(root, wanted) || !(isInside(root, real) || isInside(realPath(root) ?? root, real))) {
    throw new BerthError('FILE_INVALID', `Could not read the build context ${root}: the link ${path} points outside it, to ${target}.`, {
      where: { file: absolute },
      hint: `Replace ${path} by the file itself, or name it in .dockerignore.`,
    });
  }
  return target;
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // A link to nothing is sent as it is; what it says was checked by its text.
    return undefined;
  }
}
