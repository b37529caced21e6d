import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/kit/index.ts';
import { createTelemetry, type CountingTelemetry } from '../../../src/telemetry/index.ts';

/** The process that counts access logs, as a server starts it, listening on one socket. */
export async function openCounting(socket: string): Promise<CountingTelemetry> {
  const entry = path.resolve(import.meta.dirname, '../../../src/main/telemetry.ts');
  const onTrouble = (message: string): void => {
    throw new Error(message);
  };
  const telemetry = createTelemetry({ entry, clock: systemClock, onTrouble });
  telemetry.follow({ socket, masters: [], ringBytes: 4_194_304, routes: {} });
  for (let tries = 0; !existsSync(socket); tries++) {
    if (tries === 100) throw new Error(`Nobody listens on ${socket}.`);
    await sleep(50);
  }
  return telemetry;
}
