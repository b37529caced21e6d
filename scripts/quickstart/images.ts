import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What berth makes once for all installations of an engine, and keeps: bases and HAProxy's image. */
const shared = /^berth\/(base-[^:]*|haproxy):/;

/** The shared images on the engine; none where there is no `docker` command to ask with. */
export async function listSharedImages(): Promise<string[]> {
  try {
    const { stdout } = await execute('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}']);
    return stdout.split('\n').filter((name) => shared.test(name));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Removes the shared images that were not there before. One that is in use stays, since it is somebody else's by now. */
export async function removeSharedImages(before: readonly string[]): Promise<void> {
  for (const image of await listSharedImages()) {
    if (before.includes(image)) continue;
    console.log(`\n$ docker rmi ${image}`);
    await execute('docker', ['rmi', image]).catch(() => console.log('it is in use and stays'));
  }
}
