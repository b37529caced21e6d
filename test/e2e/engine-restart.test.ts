import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventRecord } from '../../src/model/index.ts';
import { ownHaproxyImage } from '../integration/haproxy-image.ts';
import { Caller } from './harness/caller.ts';
import { docker, makeAppImage, Site, web } from './harness/index.ts';
import { canStartEngine, OwnEngine } from './harness/own-engine.ts';
import { openProxyImage } from './harness/proxy-image.ts';

const title = 'the engine restarted in the middle of a rollout: it ends, and everything serves again';
const execute = promisify(execFile);
let engine: OwnEngine;

beforeAll(async () => {
  if (!canStartEngine) return;
  engine = await OwnEngine.start();
  await copyImage(await ownHaproxyImage());
  process.env['DOCKER_HOST'] = `unix://${engine.socket}`;
  await makeAppImage();
});

afterAll(async () => {
  delete process.env['DOCKER_HOST'];
  if (canStartEngine) await engine[Symbol.asyncDispose]();
});

/** Brings an image of the machine's engine along, so that it need not be made once more. */
async function copyImage(name: string): Promise<void> {
  const save = spawn('docker', ['save', name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const load = spawn('docker', ['-H', `unix://${engine.socket}`, 'load'], { stdio: [save.stdout, 'ignore', 'inherit'] });
  const [code] = await once(load, 'close');
  if (code !== 0) throw new Error(`docker load exited ${code}`);
}

test.skipIf(!canStartEngine)(`${title}${canStartEngine ? '' : ' (needs root, dockerd and ip)'}`, async () => {
  await using site = await Site.open();
  site.compose(web({ replicas: 2 }));
  await using _ = letThrough(`${site.name}_default`);
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

const frontsTitle = 'the engine restarted without the server: other services are called by their names again';

test.skipIf(!canStartEngine)(
  `${frontsTitle}${canStartEngine ? '' : ' (needs root, dockerd and ip)'}`,
  async () => {
    await using image = await openProxyImage();
    await using site = await Site.open();
    site.variables({ BERTH_HAPROXY_IMAGE: image.reference });
    site.compose(`services:
  api: { image: $IMAGE, deploy: { replicas: 3 }, x-berth: { port: 3000 } }
  cart: { image: $IMAGE, environment: { VERSION: cart }, deploy: { replicas: 2 }, x-berth: { port: 3000 } }
`);
    await using _ = letThrough(`${site.name}_default`);
    await site.ok('up');
    const before = await addresses(site);
    // As they were made, once more, and after their containers were replaced, twice.
    for (let times = 0; times < 4; times++) {
      if (times === 2) await image.renew();
      if (times >= 2) await site.ok('upgrade');
      await site.ok('server', 'stop');
      await engine.restart();
      await using caller = await Caller.open(`${site.name}_default`);
      expect(await answers(caller)).toEqual({ api: '1', cart: 'cart' });
      expect(await addresses(site)).toEqual(before);
    }
  },
  180_000,
);

/**
 * Lets the containers of a network speak to each other as soon as it is there: this engine writes no packet filter rules,
 * and the machine's own drops what is forwarded on bridges that it does not know.
 */
function letThrough(network: string): AsyncDisposable {
  const rule = bridgeOf(network).then(async (bridge) => {
    const accepted = ['FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT'];
    await execute('iptables', ['-I', ...accepted]);
    return accepted;
  });
  // Told when it is disposed of; a test that failed before has the better reason.
  rule.catch(() => undefined);
  return { [Symbol.asyncDispose]: async () => void (await execute('iptables', ['-D', ...(await rule)])) };
}

/** The bridge of a network that is about to be made. */
async function bridgeOf(network: string): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const id = await docker('network', 'ls', '-q', '--filter', `name=^${network}$`);
    if (id !== '') return `br-${id.slice(0, 12)}`;
    await sleep(50);
  }
  throw new Error(`There is no network ${network} after 30 s.`);
}

/** The version that each name leads to, asked until both answer or time is up. */
async function answers(caller: Caller): Promise<unknown> {
  return JSON.parse(
    await caller.node(`
const ask = (name) => fetch(\`http://\${name}:3000/\`, { signal: AbortSignal.timeout(1000) }).then((r) => r.json()).then((a) => a.version);
const untilMs = performance.now() + 15000;
let seen;
do seen = await Promise.all([ask('api'), ask('cart')]).catch((error) => [String(error)]);
while (seen.length < 2 && performance.now() < untilMs);
console.log(JSON.stringify({ api: seen[0], cart: seen[1] }));`),
  );
}

/** Name and address of each of the app's fronts. */
async function addresses(site: Site): Promise<string[]> {
  // A container that took over is in the namespace of the first one, which has the address.
  const filters = [`label=dev.berth.app=${site.name}`, 'label=dev.berth.role=front', `network=${site.name}_default`];
  const ids = await docker('ps', '-q', ...filters.flatMap((filter) => ['--filter', filter]));
  const format = `{{.Name}} {{(index .NetworkSettings.Networks "${site.name}_default").IPAddress}}`;
  return (await docker('inspect', '-f', format, ...ids.split('\n'))).split('\n').toSorted();
}
