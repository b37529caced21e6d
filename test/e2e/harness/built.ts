import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../../..');
/** Tests run in processes of their own, and find there what was built for them. */
const variable = 'BERTH_TEST_PROGRAM';

/**
 * Builds berth as its package has it, for tests and benches to start: what users have, and a third of the processor time
 * that the sources take to start.
 */
export async function buildBerth(): Promise<void> {
  const tree = await mkdtemp(path.join(tmpdir(), 'berth-built-'));
  await cp(path.join(root, 'bin'), path.join(tree, 'bin'), { recursive: true });
  await symlink(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
  const rolldown = path.join(root, 'node_modules/rolldown/bin/cli.mjs');
  await execute(process.execPath, [rolldown, '-c', path.join(root, 'rolldown.config.ts'), '-d', path.join(tree, 'dist')], { cwd: root });
  process.env[variable] = path.join(tree, 'bin/berth');
}

/** Removes what was built. */
export async function removeBerth(): Promise<void> {
  const program = process.env[variable];
  if (program !== undefined) await rm(path.resolve(program, '../..'), { recursive: true, force: true });
}

/** The launcher of what was built. */
export function builtBerth(): string {
  const program = process.env[variable];
  if (program === undefined) throw new Error('Nothing was built to be started: `buildBerth` comes first.');
  return program;
}
