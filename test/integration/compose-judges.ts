import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { composeProgram } from '../bench/kit/compose-program.ts';
import type { Case } from './compose-cases/case.ts';

const execute = promisify(execFile);
const specVersion = 'v2.16.2';
const specProgram = path.resolve(import.meta.dirname, `../../.cache/compose-spec/${specVersion}/compose-spec`);

/** What a judge says of an application: the model it makes, or why it makes none. */
export type Verdict = { readonly model: unknown } | { readonly rejected: string };

/** Asks a judge about the application in a directory. */
export type Judge = (directory: string, one: Case) => Promise<Verdict>;

/** `docker compose config` of Debian's package. */
export async function composeJudge(): Promise<Judge> {
  const { file, args, env } = await composeProgram();
  return (cwd, one) =>
    ask(file, [...args, ...(one.flags ?? []), 'config', '--format', 'json'], { cwd, env: { ...clean(env), ...one.variables } });
}

/** The command of compose-go, which knows newer keys; undefined where there is no Go to build it with. */
export async function specJudge(): Promise<Judge | undefined> {
  if (!existsSync(specProgram) && !(await buildSpec())) return undefined;
  return (cwd, one) =>
    ask(specProgram, ['-format', 'json'], {
      cwd,
      env: { ...clean(process.env), COMPOSE_PROJECT_NAME: path.basename(cwd), ...one.variables },
    });
}

/** Nothing of this process may fill a variable of a case. */
function clean(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(['PATH', 'HOME', 'DOCKER_CONFIG', 'DOCKER_HOST'].map((name) => [name, env[name]]));
}

async function ask(file: string, args: readonly string[], how: { cwd: string; env: NodeJS.ProcessEnv }): Promise<Verdict> {
  try {
    const { stdout } = await execute(file, args, { ...how, maxBuffer: 2 ** 26 });
    const model: unknown = JSON.parse(stdout);
    return { model };
  } catch (error) {
    if (error instanceof Error && 'stderr' in error && 'code' in error && typeof error.code === 'number')
      return { rejected: String(error.stderr) };
    throw error;
  }
}

async function buildSpec(): Promise<boolean> {
  const folder = path.dirname(specProgram);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'go.mod'), 'module judge\n\ngo 1.24\n');
  const module_ = 'github.com/compose-spec/compose-go/v2/cmd';
  try {
    await execute('go', ['get', '-tool', `${module_}@${specVersion}`], { cwd: folder });
    await execute('go', ['build', '-o', specProgram, module_], { cwd: folder });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
