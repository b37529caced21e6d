import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError } from '../errors/index.ts';
import { sha256, stableJson } from '../kit/index.ts';
import type { Build } from '../model/index.ts';
import { hashContext } from './context.ts';
import { parseDockerIgnore } from './docker-ignore.ts';

/**
 * The hash of everything in a build that the file system knows: the context after `.dockerignore`, the Dockerfile,
 * arguments, target and options. Throws FILE_NOT_FOUND when the context or the Dockerfile is missing.
 */
export function hashBuild(build: Omit<Build, 'hash'>): string {
  if (isRemote(build.context)) return sha256(stableJson({ ...build, context: build.context }));
  needDirectory(build.context);
  const dockerfile = dockerfileText(build);
  const rules = parseDockerIgnore(ignoreText(build));
  const { context: _context, dockerfile: _path, labels: _labels, tags: _tags, noCache: _noCache, pull: _pull, ...options } = build;
  return sha256(stableJson({ options, dockerfile, context: hashContext(build.context, rules) }));
}

/** A context that the build tool fetches itself; berth cannot see whether it changed. */
export function isRemote(context: string): boolean {
  return /^(?:https?|git|ssh):\/\/|^git@|^github\.com\//.test(context);
}

/** The text of the Dockerfile that a build uses. */
export function dockerfileText(build: Omit<Build, 'hash'>): string {
  if (build.generated !== undefined) return build.generated.dockerfile;
  if (build.inline !== undefined) return build.inline;
  const path = build.dockerfile ?? join(build.context, 'Dockerfile');
  const text = readIfFile(path);
  if (text !== undefined) return text;
  throw new BerthError('FILE_NOT_FOUND', `Could not build ${build.context}: there is no Dockerfile at ${path}.`, {
    where: { file: path },
    hint: 'Write one with `berth init`, or leave `dockerfile` out to have the stack detected.',
  });
}

/** The ignore file of a build: BuildKit takes `<Dockerfile>.dockerignore` when it is there, else the context's `.dockerignore`. */
export function ignoreText(build: Omit<Build, 'hash'>): string {
  if (build.generated !== undefined) return build.generated.dockerignore;
  const own = build.inline === undefined ? readIfFile(`${build.dockerfile ?? join(build.context, 'Dockerfile')}.dockerignore`) : undefined;
  return own ?? readIfFile(join(build.context, '.dockerignore')) ?? '';
}

function needDirectory(context: string): void {
  const stats = existsSync(context) ? statSync(context) : undefined;
  if (stats?.isDirectory() === true) return;
  const what = stats === undefined ? 'there is no such directory' : 'it is not a directory';
  throw new BerthError('FILE_NOT_FOUND', `Could not read the build context ${context}: ${what}.`, { where: { file: context } });
}

function readIfFile(path: string): string | undefined {
  return existsSync(path) && statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined;
}
