import process from 'node:process';
import { main } from '../cli/index.ts';
import { createWorld } from './cli-world.ts';

/** Runs the command line of this process, and ends it with the exit code. `entry` is the file that Node was started with. */
export async function runCli(entry: string): Promise<void> {
  const world = createWorld(entry);
  const exitCode = await main(process.argv.slice(2), world);
  world.servers.close();
  // Not `process.exitCode`: kept-alive connections would hold the process. What was written is out: on Linux standard
  // streams are written at once, to files, pipes and terminals alike (nodejs.org/api/process.html#a-note-on-process-io).
  process.exit(exitCode);
}
