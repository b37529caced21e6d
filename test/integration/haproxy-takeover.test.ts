import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/kit/index.ts';
import type { Front, ProxyConfig } from '../../src/model/index.ts';
import type { DataPlane } from '../../src/ports/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import {
  ask,
  listenerOf,
  oneBackend,
  openEdge,
  openImage,
  openNetwork,
  openTunnel,
  serverOf,
  startApp,
  type App,
  type EdgeUnderTest,
} from './haproxy-kit.ts';
import { startLoad } from './haproxy-load.ts';

const run = promisify(execFile);
const port = await freePort(2);

/** A proxy at its place, whichever that is. */
type Scene = {
  readonly under: EdgeUnderTest;
  readonly image: Awaited<ReturnType<typeof openImage>>;
  readonly apps: readonly [App, App];
  readonly address: string;
  readonly proxy: DataPlane;
  again(): DataPlane;
  config(...servers: Parameters<typeof serverOf>[1][]): ProxyConfig;
  close(): Promise<void>;
};

async function openEdgeScene(): Promise<Scene> {
  const image = await openImage();
  const [under, a, b] = await Promise.all([openEdge({ image: image.reference }), startApp('a'), startApp('b')]);
  return sceneOf(
    { under, image, apps: [a, b], address: '127.0.0.1', proxy: under.edge, again: () => under.again() },
    async () => undefined,
  );
}

async function openFrontScene(): Promise<Scene> {
  const image = await openImage();
  const under = await openEdge({ image: image.reference });
  const network = `t-fronts-${under.installation}`;
  const own = await openNetwork(network);
  const [a, b] = await Promise.all([startApp('a', own.gateway), startApp('b', own.gateway)]);
  const address = own.address(10);
  const front: Front = { app: 'shop', service: 'web', networks: [{ name: network, address, aliases: ['web'] }] };
  const proxy = under.fronts.open(front);
  return sceneOf({ under, image, apps: [a, b], address, proxy, again: () => under.frontsAgain().open(front) }, async () => {
    await proxy.remove();
    await own.close();
  });
}

function sceneOf(rest: Omit<Scene, 'config' | 'close'>, last: () => Promise<void>): Scene {
  return {
    ...rest,
    config: (...over) =>
      oneBackend(
        port,
        rest.apps.map((app, i) => serverOf(app, over[i] ?? {})),
      ),
    async close() {
      await Promise.all(rest.apps.map((app) => app.stop()));
      await last();
      await rest.under.close();
      await rest.image.remove();
    },
  };
}

/** Containers of the proxy: name, generation and state. */
async function containers({ under }: Scene): Promise<string[]> {
  const format = '{{.Label "dev.berth.generation"}} {{.State}}';
  const { stdout } = await run('docker', [
    'ps',
    '-a',
    '--filter',
    `label=dev.berth.installation=${under.installation}`,
    '--format',
    format,
  ]);
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
}

async function until(done: () => Promise<boolean>, ms = 20_000): Promise<void> {
  const endMs = systemClock.monotonic() + ms;
  while (!(await done())) {
    if (systemClock.monotonic() > endMs) throw new Error('it did not come to that');
    await systemClock.sleep(50);
  }
}

describe.each([
  ['the edge', openEdgeScene],
  ['a front', openFrontScene],
])('%s', (name, open) => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await open();
  });
  afterEach(() => scene.close());
  /** The first container of a front stays, for it holds the namespace. */
  const holder = name === 'a front' ? ['1 running'] : [];

  test('is replaced under load without a lost request, again and again', async () => {
    const { proxy, image, address } = scene;
    await proxy.apply(scene.config());
    const loads = await Promise.all(
      (['keep-alive', 'close', 'post'] as const).map((kind) => startLoad({ address, port, kind, connections: 4 })),
    );
    for (let round = 2; round <= 4; round += 1) {
      await image.renew();
      expect(await proxy.apply(scene.config())).toEqual({ reloaded: true });
      await systemClock.sleep(300);
      expect(await proxy.apply(scene.config())).toEqual({ reloaded: false });
      await until(async () => {
        await proxy.apply(scene.config());
        return (await containers(scene)).length === 1 + (round > 1 ? holder.length : 0);
      });
    }
    const results = await Promise.all(loads.map((load) => load.end()));
    for (const result of results) expect(result).toMatchObject({ lost: 0, why: {} });
    const posts = scene.apps.flatMap((app) => app.posts);
    expect(new Set(posts).size).toBe(posts.length);
    expect(await containers(scene)).toEqual([...holder, '4 running']);
    console.log(`${results.reduce((sum, r) => sum + r.ok, 0)} requests`);
  }, 90_000);

  test('keeps a tunnel of the one before until its instance is drained', async () => {
    const { proxy, image, address, apps } = scene;
    await proxy.apply(scene.config({}, { state: 'drain' }));
    const tunnel = await openTunnel(port, address);
    await image.renew();
    await proxy.apply(scene.config({}, { state: 'drain' }));
    expect(await tunnel.say('still here')).toBe('still here');
    await proxy.apply(scene.config({ state: 'drain' }));
    const started = systemClock.monotonic();
    const drained = await proxy.drained({
      backend: 'shop.web.3000',
      server: 'a',
      address: apps[0].address,
      port: apps[0].port,
      mode: 'http',
      drainMs: 5_000,
      longDrainMs: 1_500,
    });
    expect(drained).toEqual({ closed: 1 });
    expect(systemClock.monotonic() - started).toBeGreaterThan(1_400);
    await tunnel.closed;
    await until(async () => {
      await proxy.apply(scene.config({ state: 'drain' }));
      return (await containers(scene)).join() === [...holder, '2 running'].join();
    });
  }, 30_000);

  test('finishes a takeover that a dead server left in the middle', async () => {
    const { proxy, image, address } = scene;
    await proxy.apply(scene.config());
    await image.renew();
    await proxy.apply(scene.config());
    // As if the server had died before it told the engine to start the new one again.
    const { stdout } = await run('docker', [
      'ps',
      '-q',
      '--filter',
      'label=dev.berth.generation=2',
      '--filter',
      `label=dev.berth.installation=${scene.under.installation}`,
    ]);
    await run('docker', ['update', '--restart', 'no', stdout.trim()]);
    expect(await scene.again().apply(scene.config())).toEqual({ reloaded: false });
    const policy = await run('docker', ['inspect', '-f', '{{.HostConfig.RestartPolicy.Name}}', stdout.trim()]);
    expect(policy.stdout.trim()).toBe('always');
    expect((await ask(port, { address })).status).toBe(200);
  }, 30_000);

  test('goes on with the one before when the new one does not start', async () => {
    const { proxy, image, address } = scene;
    await proxy.apply(scene.config());
    await image.renew();
    await expect(
      proxy.apply({ ...scene.config(), listeners: scene.config().listeners.map((l) => ({ ...l, fallback: 'nobody' })) }),
    ).rejects.toMatchObject({ code: 'EDGE_FAILED' });
    expect((await ask(port, { address })).status).toBe(200);
    expect(await containers(scene)).toEqual(['1 running']);
    expect(await proxy.apply(scene.config())).toEqual({ reloaded: true });
  }, 30_000);

  test('goes on with the one before, and takes changes, where the new image is to blame', async () => {
    const { proxy, image, address } = scene;
    await proxy.apply(scene.config());
    await image.spoil();
    const more = scene.config({}, { weight: 50 });
    const other = { ...more, listeners: [...more.listeners, { ...listenerOf(port + 1, 'shop.web.3000') }] };
    expect(await proxy.apply(other)).toEqual({ reloaded: true });
    expect((await ask(port + 1, { address })).status).toBe(200);
    expect(await containers(scene)).toEqual(['1 running']);
    expect(await proxy.version(other)).toMatchObject({ current: false, refused: expect.stringContaining('HAProxy could not be started') });
    const startedMs = systemClock.monotonic();
    expect(await proxy.apply(more)).toEqual({ reloaded: true });
    expect(systemClock.monotonic() - startedMs, 'it is not tried again at once').toBeLessThan(1000);
    await image.renew();
    await proxy.apply(more);
    const version = await proxy.version(more);
    expect(version?.current).toBe(true);
    expect(version).not.toHaveProperty('refused');
    await image.spoil();
    await proxy.apply(more, undefined, { retry: true });
    await image.renew();
    expect(await proxy.apply(more, undefined, { retry: true })).toEqual({ reloaded: true });
  }, 60_000);

  test('comes back by itself within 2 s when it is killed, before and after it was replaced', async () => {
    const { proxy, image, address, under } = scene;
    await proxy.apply(scene.config());
    for (const generation of [1, 2]) {
      if (generation === 2) {
        await image.renew();
        await proxy.apply(scene.config());
      }
      const { stdout } = await run('docker', [
        'ps',
        '-q',
        '--filter',
        `label=dev.berth.generation=${generation}`,
        '--filter',
        `label=dev.berth.installation=${under.installation}`,
      ]);
      const { stdout: pids } = await run('docker', ['top', stdout.trim(), '-o', 'pid']);
      const start = systemClock.monotonic();
      const processes = pids.trim().split('\n').slice(1).map(Number);
      // With the first process of a container the kernel ends all others; a worker may still answer meanwhile.
      process.kill(processes[0] ?? 0, 'SIGKILL');
      await until(async () => !processes.some((pid) => existsSync(`/proc/${pid}`)));
      await until(async () => (await ask(port, { address }).catch(() => undefined))?.status === 200);
      expect(systemClock.monotonic() - start).toBeLessThan(2_000);
      expect(await scene.again().apply(scene.config())).toEqual({ reloaded: false });
    }
  }, 30_000);
});

test('the first container of a front that was replaced is one process, which ends when it is told to', async () => {
  const scene = await openFrontScene();
  try {
    await scene.proxy.apply(scene.config());
    await scene.image.renew();
    await scene.proxy.apply(scene.config());
    const first = ['--filter', 'label=dev.berth.generation=1', '--filter', `label=dev.berth.installation=${scene.under.installation}`];
    const holder = (await run('docker', ['ps', '-q', ...first])).stdout.trim();
    const processes = async () => (await run('docker', ['top', holder, '-o', 'pid,args'])).stdout.trim().split('\n').slice(1);
    await until(async () => (await processes()).length === 1);
    expect((await processes())[0]).toContain('/bin/sh');
    await run('docker', ['stop', '--time', '20', holder]);
    expect((await run('docker', ['inspect', '-f', '{{.State.ExitCode}}', holder])).stdout.trim(), 'it was not killed').toBe('0');
  } finally {
    await scene.close();
  }
}, 60_000);
