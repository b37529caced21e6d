import { execFile } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Fetches Debian packages and unpacks them into a directory, `root` of `into`, without installing them. Answers that directory. */
export async function unpackPackages(names: readonly string[], into: string): Promise<string> {
  const root = path.join(into, 'root');
  await rm(into, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  await execute('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', ...names], { cwd: into });
  for (const file of await readdir(into)) if (file.endsWith('.deb')) await execute('dpkg', ['-x', file, 'root'], { cwd: into });
  return root;
}
