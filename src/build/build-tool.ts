import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BerthError } from '../errors/index.ts';
import type { RunProcess } from './run-process.ts';

/** A program that builds through BuildKit: a Docker CLI with the buildx plugin, or an older one that carries BuildKit itself. */
export type BuildTool = { readonly file: string; readonly kind: 'buildx' | 'cli' };

const usualDirectories = ['/usr/local/bin', '/usr/bin', '/bin', '/snap/bin'];

/**
 * Looks at every `docker` on the PATH and takes the first that can build. A newer CLI without the plugin cannot, and an
 * older one may stand behind it. Throws BUILD_TOOL_MISSING with the package to install.
 */
export async function findBuildTool(
  run: RunProcess,
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<BuildTool> {
  const seen: string[] = [];
  for (const file of candidates(environment['PATH'])) {
    const tool = await toolOf(run, { file, environment, signal });
    if (tool !== undefined) return tool;
    seen.push(file);
  }
  const found =
    seen.length === 0
      ? 'no docker command is on the PATH'
      : `${seen.join(' and ')} ${seen.length === 1 ? 'has' : 'have'} neither BuildKit nor the buildx plugin`;
  throw new BerthError('BUILD_TOOL_MISSING', `Could not build an image: ${found}.`, {
    hint: 'Install the buildx plugin: `apt-get install docker-buildx` (Debian 13, Ubuntu: docker-buildx), or `apt-get install docker.io` on Debian 12, whose CLI has BuildKit.',
    details: { looked: seen },
  });
}

function candidates(path: string | undefined): string[] {
  const directories = [...(path ?? '').split(delimiter).filter((directory) => directory.startsWith('/')), ...usualDirectories];
  const files = new Map<string, string>();
  for (const directory of directories) {
    const file = join(directory, 'docker');
    const real = executable(file);
    if (real !== undefined && !files.has(real)) files.set(real, file);
  }
  return [...files.values()];
}

function executable(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return realpathSync(file);
  } catch {
    // Not there, or not for us to run: not a candidate.
    return undefined;
  }
}

type Candidate = {
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
};

async function toolOf(run: RunProcess, { file, environment, signal }: Candidate): Promise<BuildTool | undefined> {
  if ((await run({ file, args: ['buildx', 'version'], environment }, { signal })) === 0) return { file, kind: 'buildx' };
  const lines: string[] = [];
  await run({ file, args: ['--version'], environment }, { onLine: (line) => lines.push(line), signal });
  // BuildKit came to the CLI in 18.09 and left it, for the plugin, in 23.0.
  const major = Number(/^Docker version (\d+)\./m.exec(lines.join('\n'))?.[1]);
  return major >= 18 && major < 23 ? { file, kind: 'cli' } : undefined;
}
