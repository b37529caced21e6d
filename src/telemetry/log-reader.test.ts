import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../kit/index.ts';
import { Counter } from './counter.ts';
import { lineOf } from './fake-lines.ts';
import { LogReader } from './log-reader.ts';

let directory: string;
let socket: string;
let counter: Counter;
let reader: LogReader;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'berth-log-'));
  socket = path.join(directory, 'log/log.sock');
  counter = new Counter(systemClock.now());
  const onTrouble = (error: Error): void => {
    throw error;
  };
  const askMaster = async (): Promise<string> => '';
  reader = new LogReader({ counter, clock: systemClock, askMaster, onTrouble });
  reader.follow({ socket, masters: [], ringBytes: 4_194_304, routes: {} });
  await expect.poll(() => existsSync(socket)).toBe(true);
});
afterEach(async () => {
  reader.close();
  await rm(directory, { recursive: true });
});

/** What HAProxy sends, a part at a time. */
async function send(parts: readonly string[]): Promise<void> {
  const connection = connect(socket);
  for (const part of parts) await new Promise((resolve) => connection.write(part, resolve));
  connection.end();
}

function linesFrom(first: number, count: number): string {
  const endMs = systemClock.now();
  return Array.from({ length: count }, (_, i) => `${lineOf({ n: first + i, endMs })}\n`).join('');
}

test('counts every line of a dense stream that ends while its lines gather', async () => {
  const parts = Array.from({ length: 200 }, (_, i) => linesFrom(i * 50, 50));
  await send(parts);
  await expect.poll(() => counter.lines).toBe(10_000);
  expect(counter.read({ app: 'shop', spanMs: 1000 }, systemClock.now()).gaps.filter((gap) => gap.kind === 'lost')).toEqual([]);
});

test('catches up with what gathers, for who asks', async () => {
  const connection = connect(socket);
  let waiting = 0;
  for (let i = 0; i < 60; i++) {
    connection.write(linesFrom(i * 50, 50));
    await systemClock.sleep(10);
    waiting = Math.max(waiting, (i + 1) * 50 - counter.lines);
  }
  expect(waiting).toBeGreaterThan(200);
  await reader.catchUp();
  expect(counter.lines).toBe(3000);
  connection.end();
});

test('puts a line together that comes in pieces, and closes on who sends no end', async () => {
  const line = lineOf({ endMs: systemClock.now() });
  await send([line.slice(0, 20), line.slice(20), '\n']);
  await expect.poll(() => counter.lines).toBe(1);
  const connection = connect(socket).on('error', () => undefined);
  const closed = new Promise((resolve) => connection.once('close', resolve));
  connection.write('x'.repeat(100_000));
  await closed;
});
