import process from 'node:process';
import type { ServerLinkInput } from '../client/index.ts';
import { compose } from './compose.ts';
import { runServer } from './server.ts';

/** Runs the server in this process until SIGTERM, SIGINT or a client's word. */
export async function runOwnServer({ version, uid, environment, workingDirectory }: ServerLinkInput): Promise<number> {
  const onSignal = (listener: () => void) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, listener);
    return () => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, listener);
    };
  };
  await runServer({ version, pid: process.pid, uid, environment, workingDirectory, onSignal }, compose);
  return 0;
}
