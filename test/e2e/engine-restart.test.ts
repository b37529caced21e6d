import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventRecord } from '../../src/model/index.ts';
import { docker, makeAppImage, Site, web } from './harness/index.ts';
import { canStartEngine, OwnEngine } from './harness/own-engine.ts';

const title = 'the engine restarted in the middle of a rollout: it ends, and everything serves again';
let engine: OwnEngine;

beforeAll(async () => {
  if (!canStartEngine) return;
  engine = await OwnEngine.start();
  await copyImages(await docker('images', '--format', '{{.Repository}}:{{.Tag}}', 'berth/haproxy'));
  process.env['DOCKER_HOST'] = `unix://${engine.socket}`;
  await makeAppImage();
});

afterAll(async () => {
  delete process.env['DOCKER_HOST'];
  if (canStartEngine) await engine[Symbol.asyncDispose]();
});

/** Brings images of the machine's engine along, so that they need not be made once more. */
async function copyImages(names: string): Promise<void> {
  if (names === '') return;
  const save = spawn('docker', ['save', ...names.split('\n')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const load = spawn('docker', ['-H', `unix://${engine.socket}`, 'load'], { stdio: [save.stdout, 'ignore', 'inherit'] });
  const [code] = await once(load, 'close');
  if (code !== 0) throw new Error(`docker load exited ${code}`);
}

test.skipIf(!canStartEngine)(`${title}${canStartEngine ? '' : ' (needs root, dockerd and ip)'}`, async () => {
  await using site = await Site.open();
  site.compose(web({ replicas: 2 }));
  await site.ok('up');
  site.variables({ VERSION: '2' });
  const events = site.start('events', '-f', '-n', '0', '--json');
  const up = site.start('up');
  for await (const line of events.lines()) {
    const { event } = JSON.parse(line) as EventRecord;
    if (event.type === 'step.started' && event.action.kind === 'instance.probe') break;
  }
  await engine.restart();
  const { code, err } = await up.result;
  events.signal('SIGKILL');
  expect([0, 1, 3], err).toContain(code);
  const again = await site.berth('up');
  expect(again.code, again.err).toBe(0);
  expect(await site.versions()).toEqual(['2']);
  expect(await site.instances()).toHaveLength(2);
});
