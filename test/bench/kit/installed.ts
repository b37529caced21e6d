import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../../..');

/** berth as its users have it: built, packed, and installed from the archive into an empty directory. */
export async function installBerth(): Promise<AsyncDisposable & { readonly file: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'berth-installed-'));
  // `npm pack` builds first.
  await execute('npm', ['pack', '--pack-destination', directory], { cwd: root });
  const archive = (await readdir(directory)).find((file) => file.endsWith('.tgz'));
  if (archive === undefined) throw new Error('npm pack made no archive.');
  const prefix = path.join(directory, 'prefix');
  await execute('npm', ['install', '--global', '--prefix', prefix, path.join(directory, archive)], { cwd: directory });
  return {
    file: path.join(prefix, 'bin/berth'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
