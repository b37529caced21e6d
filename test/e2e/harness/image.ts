import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { docker } from './program.ts';

/**
 * The image of the tests' application: this Node, a busybox and `app/server.mjs`. No registry is needed for it. Each run
 * has one of its own, whose name its processes inherit, so that two runs on one engine do not take it from each other.
 */
export const appImage = (process.env['TEST_APP_IMAGE'] ??= `berth-test/app:${process.pid}`);

const execute = promisify(execFile);
const commands = ['sh', 'cat', 'ls', 'sleep', 'true', 'false', 'env', 'id', 'pwd', 'echo', 'stty'];

/** Puts the image on the engine. */
export async function makeAppImage(): Promise<void> {
  const root = await mkdtemp(path.join(tmpdir(), 'app-image-'));
  try {
    for (const folder of ['bin', 'app', 'tmp', 'etc', 'seen', 'data']) await mkdir(path.join(root, folder));
    await copyFile(process.execPath, path.join(root, 'bin/node'));
    await copyFile(path.join(import.meta.dirname, '../app/server.mjs'), path.join(root, 'app/server.mjs'));
    await writeFile(path.join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\napp:x:1000:1000:app:/:/bin/sh\n');
    await copyFile('/bin/busybox', path.join(root, 'bin/busybox'));
    for (const command of commands) await symlink('busybox', path.join(root, 'bin', command));
    for (const library of await librariesOf(process.execPath)) {
      await mkdir(path.join(root, path.dirname(library)), { recursive: true });
      await copyFile(library, path.join(root, library));
    }
    await importImage(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Removes the image again. */
export async function removeAppImage(): Promise<void> {
  if ((await docker('images', '-q', appImage)) !== '') await docker('rmi', '-f', appImage);
}

/** The shared libraries that a program loads, the loader among them. */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await execute('ldd', [program]);
  return stdout.split('\n').flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

async function importImage(root: string): Promise<void> {
  const changes = ['ENV PATH=/bin', 'WORKDIR /app', 'CMD ["node", "server.mjs"]'];
  const tar = spawn('tar', ['-C', root, '--owner=0', '--group=0', '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const load = spawn('docker', ['import', ...changes.flatMap((change) => ['-c', change]), '-', appImage], {
    stdio: [tar.stdout, 'ignore', 'inherit'],
  });
  const [code] = await once(load, 'close');
  if (code !== 0) throw new Error(`docker import exited ${code}`);
}
