import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const memoryFile = path.join(root, '.cache/quickstart.json');
let cancelled = false;

// Ctrl-C reaches berth too, which finishes its step and undoes; this process waits for that.
process.on('SIGINT', () => (cancelled = true));

/** The directory of the application that is deployed. */
export const application = path.join(root, 'examples/hello');

/** What one run leaves for the next: the port, whether berth's home was made by the quickstart, and which images were there. */
export type Memory = { readonly port: number; readonly home: string; readonly madeHome: boolean; readonly imagesBefore: readonly string[] };

/** Ends the quickstart with a reason. */
export function fail(why: string): never {
  throw new Error(why);
}

/** Variables that a command is started with, printed before it. */
export type Variables = Readonly<Record<string, string>>;

/** Prints a command as a user would type it, runs it in the application's directory, shows all it prints, and answers how it ended. */
export async function berth(args: readonly string[], variables: Variables = {}): Promise<{ code: number; seconds: number }> {
  const shown = Object.entries(variables).map(([name, value]) => `${name}=${value} `);
  console.log(`\n$ ${shown.join('')}berth ${args.join(' ')}`);
  const startedMs = performance.now();
  const child = spawn(path.join(root, 'bin/berth'), args, {
    cwd: application,
    env: environment(variables),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (cancelled) fail('cancelled');
  return { code: typeof code === 'number' ? code : 1, seconds: (performance.now() - startedMs) / 1000 };
}

/** Like {@link berth}, without showing anything; answers what it printed as JSON, or undefined when it failed. */
export async function berthJson(args: readonly string[]): Promise<unknown> {
  const child = spawn(path.join(root, 'bin/berth'), [...args, '--json'], {
    cwd: application,
    env: environment({}),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const [code] = await once(child, 'close');
  return code === 0 ? JSON.parse(out) : undefined;
}

/** The user's environment, without variables that would change which files are read. */
function environment(variables: Variables): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(COMPOSE_|BERTH_ENV$|PORT$|VERSION$|BROKEN$)/.test(name));
  return { ...Object.fromEntries(inherited), ...variables };
}

/** berth's home, by its own rule. */
export function homeDirectory(): string {
  const state = process.env['XDG_STATE_HOME'];
  return (
    process.env['BERTH_HOME'] ?? path.join(state === undefined || state === '' ? path.join(homedir(), '.local/state') : state, 'berth')
  );
}

export function readMemory(): Memory | undefined {
  return existsSync(memoryFile) ? (JSON.parse(readFileSync(memoryFile, 'utf8')) as Memory) : undefined;
}

export function writeMemory(memory: Memory): void {
  mkdirSync(path.dirname(memoryFile), { recursive: true });
  writeFileSync(memoryFile, JSON.stringify(memory));
}

export function forget(): void {
  rmSync(memoryFile, { force: true });
}
