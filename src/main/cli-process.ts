import process from 'node:process';
import { main } from '../cli/index.ts';
import { createWorld } from './cli-world.ts';

/** Runs the command line of this process, and ends it with the exit code. `entry` is the file that Node was started with. */
export async function runCli(entry: string): Promise<void> {
  const world = createWorld(entry);
  const exitCode = await main(process.argv.slice(2), world);
  world.servers.close();
  await Promise.all([process.stdout, process.stderr].map(flushed));
  // Not `process.exitCode`: kept-alive connections would hold the process.
  process.exit(exitCode);
}

/** Resolves when all that was written is out, or nobody reads it any more: a pipe takes 64 KiB at a time. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
