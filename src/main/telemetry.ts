import process from 'node:process';
import { askMaster } from '../haproxy/index.ts';
import { systemClock } from '../kit/index.ts';
import { runCounting } from '../telemetry/index.ts';

// Started by the server with a channel to it. A signal for the server's group is the server's affair.
process.on('SIGINT', () => undefined);
void runCounting(
  { clock: systemClock, askMaster },
  {
    onMessage: (listener) => process.on('message', listener),
    onEnd: (listener) => process.once('disconnect', listener),
    send: (message) => process.send?.(message, undefined, undefined, () => undefined),
  },
);
