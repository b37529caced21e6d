import { describe, expect, it } from 'vitest';
import { answering, FakeWorld, project, service, web } from '../../test/fakes/world.ts';
import { sha256 } from '../kit/index.ts';
import type { Service } from '../model/index.ts';

async function serving(services: readonly Service[] = [web()]): Promise<FakeWorld> {
  const w = new FakeWorld();
  expect(await w.up(project(services))).toMatchObject({ exitCode: 0 });
  return w;
}

describe('scale', () => {
  it('lasts until the next up, and runs no release command', async () => {
    const w = new FakeWorld();
    let releases = 0;
    w.engine.addImage('app:1', {
      behaviour: ({ body }) =>
        body.Labels['dev.berth.role'] === 'release' ? (releases++, { exit: { afterMs: 10, code: 0 } }) : answering.behaviour,
    });
    const p = project([web({ replicas: 2, release: ['migrate'] })]);
    await w.up(p);
    expect(await w.do({ kind: 'scale', app: 'shop', replicas: { web: 4 } })).toMatchObject({ state: 'done', release: 1 });
    expect(w.serving()).toHaveLength(4);
    expect(releases).toBe(1);
    expect(await w.do({ kind: 'scale', app: 'shop', replicas: { web: 1 } })).toMatchObject({ state: 'done' });
    expect(w.serving()).toEqual(['shop-web-1']);
    expect(await w.up(p)).toMatchObject({ state: 'done' });
    expect(w.serving()).toHaveLength(2);
  });

  it('writes an IPv6 address of the machine as URLs do', async () => {
    const w = new FakeWorld();
    const ports = [{ target: 3000, published: 8080, hostIp: '::1', protocol: 'tcp' as const }];
    expect(await w.up(project([web({ ports })]))).toMatchObject({ urls: ['http://[::1]:8080'] });
  });

  it('names the addresses that a service is reached at, and none of what is below them or only leads to https', async () => {
    const w = new FakeWorld();
    const route = { path: '/', port: 80, mode: 'http', tls: false, rules: {} } as const;
    const routes = [
      { ...route, host: 'a.test' },
      { ...route, host: 'a.test', path: '/admin', rules: { compress: true } },
      { ...route, host: 'b.test', path: '/only' },
      { ...route, host: 'c.test', rules: { httpsRedirect: { port: 443 } } },
      { ...route, host: 'd.test', port: 5432, mode: 'tcp' as const },
    ];
    const { urls } = await w.up(project([web({ routes, ports: [], port: 3000 })]));
    expect(urls.toSorted()).toEqual(['http://a.test', 'http://b.test/only', 'tcp://d.test:5432']);
  });

  it('names no address of a service that has no instance, and says when there was nothing to do', async () => {
    const w = await serving();
    const scale = (n: number) => w.do({ kind: 'scale', app: 'shop', replicas: { web: n } });
    expect(await scale(0)).toMatchObject({ unchanged: false, urls: [] });
    expect(await scale(0)).toMatchObject({ unchanged: true, urls: [] });
    expect(await scale(1)).toMatchObject({ unchanged: false, urls: ['http://localhost:8080'] });
    expect(await w.do({ kind: 'start', app: 'shop', services: [] })).toMatchObject({ unchanged: true });
    expect(await w.do({ kind: 'stop', app: 'shop', services: [] })).toMatchObject({ unchanged: false, urls: [] });
    expect(await w.do({ kind: 'stop', app: 'shop', services: [] })).toMatchObject({ unchanged: true });
  });

  it('refuses more instances than a fixed name allows', async () => {
    const w = await serving([web({ replicas: 1, containerName: 'one' })]);
    await expect(w.do({ kind: 'scale', app: 'shop', replicas: { web: 2 } })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('rollback', () => {
  it('is a new release with the old images and configuration', async () => {
    const w = await serving();
    await w.up(project([web({ environment: { V: '2' } })]));
    const end = await w.do({ kind: 'rollback', app: 'shop' });
    expect(end).toMatchObject({ state: 'done', release: 3, serving: 3 });
    expect(w.store.getRelease('shop', 3)).toMatchObject({ origin: { kind: 'rollback', to: 1 } });
    expect(w.store.getRelease('shop', 3)?.project.services[0]?.environment).toEqual({});
  });

  it('exits 2 and names the rebuild when an image is gone', async () => {
    const w = new FakeWorld();
    const build = (hash: string) => web({ image: undefined, build: { context: '/src/shop', hash } });
    for (const hash of ['one', 'two']) {
      w.builder.addSource(hash, answering);
      await w.up(project([build(hash)]));
    }
    const id = w.store.getRelease('shop', 1)?.images['web']?.id ?? '';
    await w.engine.removeImage('berth/shop-web:r1');
    await w.engine.removeImage(id);
    const end = await w.do({ kind: 'rollback', app: 'shop' });
    expect(end).toMatchObject({ exitCode: 2, error: { code: 'RELEASE_IMAGE_GONE' } });
    expect(end.error?.hint).toContain('build it again');
    expect(w.serving()).toHaveLength(3);
  });

  it('says which releases there are', async () => {
    const w = await serving();
    await expect(w.do({ kind: 'rollback', app: 'shop' })).rejects.toMatchObject({ code: 'RELEASE_NOT_FOUND' });
    await w.up(project([web({ environment: { V: '2' } })]));
    await expect(w.do({ kind: 'rollback', app: 'shop', to: 7 })).rejects.toMatchObject({ hint: expect.stringContaining('1') });
  });

  it('keeps the last five releases that served', async () => {
    const w = await serving();
    for (let v = 2; v <= 8; v++) await w.up(project([web({ replicas: 1, environment: { V: String(v) } })]));
    expect(w.store.listReleases('shop').map((r) => r.number)).toEqual([8, 7, 6, 5, 4]);
  });
});

describe('restart, stop, start, down', () => {
  it('restart replaces every instance without a new release', async () => {
    const w = await serving();
    const before = w.instances();
    const end = await w.do({ kind: 'restart', app: 'shop', services: [] });
    expect(end).toMatchObject({ state: 'done', release: 1 });
    expect(w.steps(end.id).filter((s) => s.startsWith('done instance.create'))).toHaveLength(3);
    expect(w.instances()).toHaveLength(before.length);
  });

  it('restart replaces one that fails in the watch, though it is of the very release that is gone back to', async () => {
    const w = await serving();
    w.dataPlane.onChange = () => w.dataPlane.count('shop.web.8080', 'shop-web-5', { checked: false, lastCheck: 'L4TOUT' });
    expect(await w.do({ kind: 'restart', app: 'shop', services: [] })).toMatchObject({ state: 'reverted', exitCode: 1 });
    expect(w.serving()).toHaveLength(3);
    expect(w.serving()).not.toContain('shop-web-5');
    expect(w.instances()).toContain('shop-web-5 r1 exited');
  });

  it('stop keeps the containers and start brings them back', async () => {
    const w = await serving();
    expect(await w.do({ kind: 'stop', app: 'shop', services: [] })).toMatchObject({ state: 'done' });
    expect(w.serving()).toEqual([]);
    expect(w.instances()).toEqual(['shop-web-1 r1 exited', 'shop-web-2 r1 exited', 'shop-web-3 r1 exited']);
    expect((await w.clock.run(w.runner.status('shop'))).services[0]).toMatchObject({ stopped: true, wanted: 0 });
    expect(await w.do({ kind: 'start', app: 'shop', services: [] })).toMatchObject({ state: 'done' });
    expect(w.serving()).toHaveLength(3);
  });

  it('down takes everything away but volumes, and those only when asked', async () => {
    const volumes = [{ key: 'data', name: 'shop_data', external: false, driverOpts: {}, labels: {} }];
    const w = new FakeWorld();
    const job = service({ name: 'job', image: 'job:1' });
    w.engine.addImage('job:1', { behaviour: { exit: { afterMs: 10, code: 0 } } });
    const p = project(
      [
        web({
          mounts: [{ type: 'volume', source: 'data', target: '/d' }],
          dependsOn: [{ service: 'job', condition: 'service_completed_successfully' }],
        }),
        job,
      ],
      { volumes },
    );
    await w.up(p);
    expect(await w.clock.run(w.runner.volumes('shop'))).toEqual(['shop_data']);
    expect(await w.do({ kind: 'down', app: 'shop', volumes: false })).toMatchObject({ state: 'done' });
    expect([...w.engine.machine.containers.values()]).toEqual([]);
    expect(w.engine.volumes.has('shop_data')).toBe(true);
    expect(w.dataPlane.running).toBe(false);
    expect(w.store.listApps()).toEqual([]);
    expect(await w.up(p)).toMatchObject({ release: 2, exitCode: 0 });
    await w.do({ kind: 'down', app: 'shop', volumes: true });
    expect(w.engine.volumes.has('shop_data')).toBe(false);
  });
});

describe('what is refused before anything changes', () => {
  it('a port that something else holds, and says who', async () => {
    const w = new FakeWorld();
    w.dataPlane.held.set(':8080', 'nginx (pid 42)');
    const end = await w.up(project([web()]));
    expect(end).toMatchObject({ exitCode: 2, error: { code: 'PORT_TAKEN', message: expect.stringContaining('nginx (pid 42)') } });
    expect(w.instances()).toEqual([]);
  });

  it('a route that another app has', async () => {
    const w = await serving();
    const other = { ...project([web()]), name: 'other', directory: '/src/other' };
    expect(await w.up(other)).toMatchObject({ exitCode: 2, error: { code: 'ROUTE_CONFLICT' } });
  });

  it('a route that another app has, and names the place in both files', async () => {
    const w = new FakeWorld();
    const routed = (port: string, places: Record<string, string>) =>
      project([web({ ports: [], port: 3000, routes: [{ path: '/x' }, { host: 'a.example' }] })], {
        places: { 'services.web': port, ...places },
      });
    expect(await w.up(routed('compose.yaml:2:3', { 'services.web.routes.1': 'compose.yaml:7:9' }))).toMatchObject({ exitCode: 0 });
    const other = { ...routed('compose.prod.yaml:3:3', {}), name: 'other', directory: '/src/other' };
    const [shared] = other.services;
    if (shared === undefined) throw new Error('no service');
    const ended = await w.up({ ...other, services: [{ ...shared, routes: shared.routes.slice(1) }] });
    expect(ended).toMatchObject({
      exitCode: 2,
      error: {
        code: 'ROUTE_CONFLICT',
        message: 'a.example/ on port 80 is claimed by shop/web (compose.yaml:7:9 in /src/shop) and by other/web (compose.prod.yaml:3:3).',
      },
    });
  });

  it('a port that routes made of labels want, and says how to leave it to who has it', async () => {
    const w = new FakeWorld();
    w.dataPlane.held.set(':80', 'the container traefik-1');
    const routes = [{ host: 'a.example', from: 'traefik labels, compose.yaml:9' }];
    const ended = await w.up(
      project([web({ ports: [], port: 3000, routes })], { places: { 'services.web.routes.0': 'compose.yaml:9:7' } }),
    );
    expect(ended).toMatchObject({
      exitCode: 2,
      error: {
        code: 'PORT_TAKEN',
        message: 'Port 80 is held by the container traefik-1 (compose.yaml:9:7).',
        hint: expect.stringContaining('`x-berth: {routes: []}`'),
      },
    });
  });

  it('the same name from another directory, unless it is named', async () => {
    const w = await serving();
    const elsewhere = project([web()], { directory: '/ci/checkout-2' });
    await expect(w.up(elsewhere)).rejects.toMatchObject({ code: 'APP_ELSEWHERE', message: expect.stringContaining('/src/shop') });
    expect(await w.up(elsewhere, { named: true })).toMatchObject({ exitCode: 0 });
  });

  it('not a name under which nothing was ever deployed', async () => {
    const w = new FakeWorld();
    w.dataPlane.held.set(':8080', 'nginx (pid 42)');
    expect(await w.up(project([web()]))).toMatchObject({ exitCode: 2 });
    w.dataPlane.held.clear();
    expect(await w.up(project([web()], { directory: '/ci/checkout-2' }))).toMatchObject({ exitCode: 0 });
    expect(w.store.getApp('shop')?.directory).toBe('/ci/checkout-2');
  });

  it('and is no app that is listed, unless its rollout still runs or something came of it', async () => {
    const w = new FakeWorld();
    w.dataPlane.held.set(':8080', 'nginx (pid 42)');
    const first = await w.start(w.upRequest(project([web()])));
    expect(w.runner.apps()).toEqual(['shop']);
    expect(await w.clock.run(w.ended(first.id))).toMatchObject({ exitCode: 2 });
    expect(w.runner.apps()).toEqual([]);
    expect(await w.runner.statusAll()).toEqual([]);
    w.dataPlane.held.clear();
    expect(await w.up(project([web()]))).toMatchObject({ exitCode: 0 });
    expect(w.runner.apps()).toEqual(['shop']);
  });

  it('an external network or volume that is not there', async () => {
    const w = new FakeWorld();
    const networks = [
      { key: 'default', name: 'shop_default' },
      { key: 'lan', name: 'lan', external: true },
    ];
    const p = project([web({ networks: [{ network: 'lan' }] })], { networks: networks as never });
    expect(await w.up(project(p.services, { networks: p.networks }))).toMatchObject({ exitCode: 2, error: { code: 'FILE_INVALID' } });
  });

  it('a second rollout of the same app while one runs', async () => {
    const w = await serving();
    const first = await w.start(w.upRequest(project([web({ environment: { V: '2' } })])));
    await expect(w.start(w.upRequest(project([web({ environment: { V: '3' } })])))).rejects.toMatchObject({
      code: 'LEASE_HELD',
      exitCode: 4,
    });
    expect(await w.clock.run(w.ended(first.id))).toMatchObject({ exitCode: 0 });
  });
});

describe('up where nothing changed', () => {
  it('brings back an instance that somebody removed, under the same release', async () => {
    const w = await serving();
    await w.engine.removeContainer('shop-web-2', { force: true });
    expect(await w.up(project([web()]))).toMatchObject({ exitCode: 0, release: 1, serving: 1, unchanged: false });
    expect(w.serving()).toHaveLength(3);
    expect(w.store.listReleases('shop')).toHaveLength(1);
  });

  it('takes an instance off the edge that somebody removed, also when another takes its place', async () => {
    const w = await serving();
    await w.engine.removeContainer('shop-web-1', { force: true });
    await w.up(project([web({ replicas: 2 })]));
    expect(w.serving()).toEqual(['shop-web-2', 'shop-web-3']);
  });

  it('makes an edge again that somebody removed', async () => {
    const w = await serving();
    await w.dataPlane.remove();
    expect(await w.up(project([web()]))).toMatchObject({ exitCode: 0, unchanged: true });
    expect(w.serving()).toHaveLength(3);
  });

  it('is no success while the edge sees an instance down', async () => {
    const w = await serving();
    w.dataPlane.count('shop.web.8080', 'shop-web-2', { status: 'down', lastCheck: 'L4TOUT' });
    const end = await w.up(project([web()]));
    expect(end).toMatchObject({ exitCode: 1, error: { code: 'GATE_FAILED', message: expect.stringContaining('shop-web-2') } });
    expect(w.serving()).toHaveLength(3);
  });
});

describe('a published port without a number', () => {
  it('is chosen once and kept', async () => {
    const w = new FakeWorld();
    const open = (v: string) => project([web({ ports: [{ target: 3000 }], environment: { V: v } })]);
    const first = await w.up(open('1'));
    expect(first.urls[0]).toMatch(/^http:\/\/localhost:\d{5}$/);
    expect((await w.up(open('2'))).urls).toEqual(first.urls);
    expect(await w.up(open('2'))).toMatchObject({ unchanged: true });
  });
});

describe('cancelling', () => {
  it('finishes the running step, goes back and exits 130', async () => {
    const w = await serving();
    const rollout = await w.start(w.upRequest(project([web({ environment: { V: '2' } })])));
    await w.clock.advance(2500);
    w.runner.cancel(rollout.id);
    expect(await w.clock.run(w.ended(rollout.id))).toMatchObject({ state: 'cancelled', exitCode: 130, serving: 1 });
    expect(w.instances().every((i) => i.includes(' r1 running'))).toBe(true);
    expect(w.serving()).toHaveLength(3);
  });
});

describe('jobs', () => {
  it('block what waits for them, and a failing one ends the rollout with its log', async () => {
    const w = new FakeWorld();
    w.engine.addImage('job:1', { behaviour: { exit: { afterMs: 10, code: 3 }, logs: [{ text: 'no such table' }] } });
    const p = project([
      web({ dependsOn: [{ service: 'job', condition: 'service_completed_successfully' }] }),
      service({ name: 'job', image: 'job:1' }),
    ]);
    const end = await w.up(p);
    expect(end).toMatchObject({ exitCode: 1, error: { code: 'RELEASE_COMMAND_FAILED' } });
    expect(end.error?.details).toMatchObject({ evidence: { logs: ['no such table'] } });
    expect(w.instances()).toEqual([]);
  });

  it('are told by their last run, in the status and to who reads logs', async () => {
    const w = new FakeWorld();
    let code = 0;
    w.engine.addImage('job:1', { behaviour: () => ({ exit: { afterMs: 10, code } }) });
    const dependsOn = [{ service: 'job', condition: 'service_completed_successfully' }];
    const up = (v: string) => w.up(project([web({ dependsOn }), service({ name: 'job', image: 'job:1', environment: { V: v } })]));
    const job = async () => (await w.runner.status('shop')).services.find(({ name }) => name === 'job');
    expect(await up('1')).toMatchObject({ exitCode: 0 });
    expect(await job()).toMatchObject({ instances: [], job: { name: 'shop-job-job-r1', release: 1, state: 'exited', exitCode: 0 } });
    code = 3;
    expect(await up('2')).toMatchObject({ exitCode: 1 });
    expect(await job()).toMatchObject({ job: { release: 2, exitCode: 3 } });
    expect((await w.runner.jobs('shop')).map(({ name }) => name)).toEqual(['shop-job-job-r2']);
  });

  it('are told of also where the first release failed for one', async () => {
    const w = new FakeWorld();
    w.engine.addImage('job:1', { behaviour: { exit: { afterMs: 10, code: 3 } } });
    const dependsOn = [{ service: 'job', condition: 'service_completed_successfully' }];
    expect(await w.up(project([web({ dependsOn }), service({ name: 'job', image: 'job:1' })]))).toMatchObject({ exitCode: 1 });
    expect((await w.runner.status('shop')).services).toMatchObject([{ name: 'job', job: { release: 1, exitCode: 3 } }]);
  });
});

describe('what instances are given', () => {
  it('mounts secrets as kept files, and a rollback finds the old bytes again', async () => {
    const w = new FakeWorld();
    const grant = (text: string) => ({ kind: 'secret', source: 'pw', target: '/run/secrets/pw', sha256: sha256(text) });
    const files = (text: string): Record<string, string> => ({ [sha256(text)]: Buffer.from(text).toString('base64') });
    await w.up(project([web({ replicas: 1, files: [grant('one')] })]), { files: files('one') });
    await w.up(project([web({ replicas: 1, files: [grant('two')] })]), { files: files('two') });
    expect(await w.do({ kind: 'rollback', app: 'shop' })).toMatchObject({ exitCode: 0 });
    const c = [...w.engine.machine.containers.values()].find((each) => each.body.Labels['dev.berth.role'] === 'instance');
    const mounts = c?.body.HostConfig['Mounts'] as { Source: string; Target: string }[];
    const source = mounts.find((m) => m.Target === '/run/secrets/pw')?.Source ?? '';
    expect(Buffer.from(w.host.files.get(source) ?? []).toString()).toBe('one');
    expect(JSON.stringify(w.store.getRelease('shop', 1))).not.toContain(Buffer.from('one').toString('base64'));
  });

  it("carries an image's anonymous volume to the successor", async () => {
    const w = new FakeWorld();
    for (const tag of ['app:1', 'app:2']) w.engine.addImage(tag, { ...answering, volumes: ['/var/lib/data'] });
    const volumeOf = (): string | undefined =>
      [...w.engine.machine.containers.values()].find((c) => c.state === 'running')?.mounts.find((m) => m.target === '/var/lib/data')?.name;
    await w.up(project([web({ replicas: 1 })]));
    const first = volumeOf();
    const end = await w.up(project([web({ replicas: 1, image: 'app:2' })]));
    expect(end).toMatchObject({ exitCode: 0 });
    expect(first).toBeDefined();
    expect(volumeOf()).toBe(first);
  });

  it('pins a probe that was found, and fails a later release that stops answering it', async () => {
    const w = new FakeWorld();
    const found = web({ replicas: 1, probe: undefined, probeTiming: { withinMs: 5000 } });
    w.engine.addImage('app:1', { behaviour: { ...answering.behaviour, status: ({ path }) => (path === '/healthz' ? 200 : 404) } });
    await w.up(project([found]));
    expect(w.store.getPins('shop')['web']).toMatchObject({ check: { kind: 'http', path: '/healthz' }, protocol: 'http' });
    w.engine.addImage('app:2', { behaviour: { ...answering.behaviour, status: ({ path }) => (path === '/' ? 200 : 404) } });
    expect(await w.up(project([{ ...found, image: 'app:2' }]))).toMatchObject({ exitCode: 1, serving: 1 });
  });
});
