import { expect, it } from 'vitest';
import type { AppStatus } from '../../contract/index.ts';
import { createStyle } from '../style.ts';
import { psText } from './ps-text.ts';

const service = { name: 'web', release: 1, image: 'app', wanted: 0, ready: 0, urls: [], probe: '', stopped: false, instances: [] };

it.each([
  ['running', 'web is called at 10.200.0.9 (3000 http, 9090 tcp)'],
  ['missing', 'web: its front is missing, other services cannot call it; `berth up` brings it back'],
  [undefined, 'web has no front while it does not run'],
])('says where other services reach a service, and when they cannot: %s', (state, line) => {
  const ports = [
    { port: 3000, mode: 'http' as const },
    { port: 9090, mode: 'tcp' as const },
  ];
  const internal = { kind: 'front' as const, why: '', addresses: ['10.200.0.9'], ports, ...(state === undefined ? {} : { state }) };
  const app: AppStatus = { app: 'shop', release: 1, directory: '/app', services: [{ ...service, internal }] };
  expect(psText(app, { style: createStyle('plain'), columns: undefined, nowMs: 0 }).split('\n')).toContain(line);
});

it.each([
  ['running', undefined, 'running'],
  ['exited', 0, 'done'],
  ['exited', 3, 'failed (exit 3)'],
])('says how the last run of a job ended: %s %s', (state, exitCode, words) => {
  const job = { name: 'shop-migrate-job-r2', release: 2, state, ...(exitCode === undefined ? {} : { exitCode }) };
  const app: AppStatus = { app: 'shop', release: 2, directory: '/app', services: [{ ...service, name: 'migrate', job }] };
  const lines = psText(app, { style: createStyle('plain'), columns: undefined, nowMs: 0 }).split('\n');
  expect(lines.find((line) => line.startsWith('shop-migrate'))).toContain(words);
  expect(lines.includes('migrate failed: `berth logs migrate` shows why')).toBe(exitCode === 3);
});
