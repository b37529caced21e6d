import { beforeAll, describe, expect, it } from 'vitest';
import type { AppStatus, ReleaseSummary, ServerStatus } from '../contract/index.ts';
import { BerthError } from '../errors/index.ts';
import type { EventRecord, RolloutEvent } from '../model/index.ts';
import { berth, records, type Given } from './fake-world.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const files = { '/app/compose.yaml': 'name: shop\nservices:\n  web: { image: nginx }\n' };

const shop: AppStatus = {
  app: 'shop',
  release: 42,
  directory: '/app',
  services: [
    {
      name: 'web',
      release: 42,
      image: 'nginx',
      wanted: 2,
      ready: 1,
      urls: ['http://localhost:8080'],
      probe: 'HTTP GET /',
      stopped: false,
      instances: [
        {
          name: 'shop-web-1',
          id: 'a',
          release: 42,
          state: 'running',
          health: 'healthy',
          weight: 100,
          restarts: 0,
          startedAtMs: nowMs - 90_000,
        },
        { name: 'shop-web-2', id: 'b', release: 43, state: 'exited', health: 'failed', restarts: 1, exit: '137: killed (SIGKILL)' },
      ],
    },
    { name: 'job', release: 42, image: 'nginx', wanted: 0, ready: 0, urls: [], probe: '', stopped: true, instances: [] },
  ],
};

const client = {
  getApp: () => Promise.resolve(shop),
  listApps: () => Promise.resolve([shop]),
  listVolumes: () => Promise.resolve(['shop_data']),
};
const base: Given = { files, client };

const notice = (message: string): RolloutEvent => ({ type: 'notice', level: 'info', message });

describe('help', () => {
  it('lists every verb, and berth without a verb does the same', async () => {
    const { code, out } = await berth([]);
    expect(code).toBe(0);
    expect(out).toContain('  up               build, start, check and switch to what the file says now\n');
    expect((await berth(['--help'])).out).toBe(out);
  });

  it('shows a verb with its flags and examples', async () => {
    expect((await berth(['help', 'scale'])).out).toBe(`Run another number of instances, until the next \`up\`.

Usage: berth scale SERVICE=N…

Examples:
  berth scale web=5        five instances of web
  berth scale web=5 api=2  two services at once
`);
  });

  it('refuses what it does not know with exit 2', async () => {
    expect(await berth(['upp'])).toMatchObject({ code: 2, out: '', err: 'error: berth has no verb `upp`.\nhint: Did you mean `up`?\n' });
  });
});

describe('ps', () => {
  it('shows instances with release, state, health, weight and URL, and what is missing', async () => {
    const { code, out } = await berth(['ps'], base);
    expect(code).toBe(0);
    expect(out).toBe(`shop  release 42  /app

NAME        SERVICE  RELEASE  STATE                    HEALTH   WEIGHT  URL
shop-web-1  web      42       running 1 min            healthy  100     http://localhost:8080
shop-web-2  web      43       exited (137), 1 restart  failed   -
-           job      42       stopped
web: 1 of 2 instances ready
shop-web-2 failed (exit 137: killed (SIGKILL)) and is kept to be looked at: docker logs shop-web-2
`);
  });

  it('does not explain a failure by the exit 0 of an instance that berth stopped', async () => {
    const instance = { name: 'shop-web-2', id: 'b', release: 43, state: 'exited', health: 'failed', restarts: 0, exit: '0: well' };
    const failed = { ...shop, services: shop.services.map((service) => ({ ...service, instances: [instance] })) };
    const { out } = await berth(['ps'], { ...base, client: { ...client, getApp: () => Promise.resolve(failed) } });
    expect(out).toContain('shop-web-2 failed and is kept to be looked at: docker logs shop-web-2');
  });

  it('prints the status as it is with --json', async () => {
    expect(JSON.parse((await berth(['ps', '--json'], base)).out)).toEqual(shop);
  });

  it('shows only the services that are named, and refuses an unknown one', async () => {
    expect((await berth(['ps', 'job'], base)).out).not.toContain('shop-web-1');
    expect(await berth(['ps', 'wbe'], base)).toMatchObject({
      code: 2,
      err: 'error: shop has no service `wbe`.\nhint: Did you mean `web`?\n',
    });
  });
});

describe('the app of a command', () => {
  const asked = (argv: readonly string[], given: Given) =>
    berth(argv, given).then(({ calls }) => calls.find(([name]) => name === 'getApp')?.[1]);

  it('is the one that -p, COMPOSE_PROJECT_NAME or the file names', async () => {
    expect(await asked(['-p', 'other', 'ps'], base)).toEqual({ app: 'other' });
    expect(await asked(['ps'], { ...base, env: { COMPOSE_PROJECT_NAME: 'third' } })).toEqual({ app: 'third' });
    expect(await asked(['ps'], base)).toEqual({ app: 'shop' });
  });

  it('is the one that was deployed from here when the file is broken or gone', async () => {
    expect(await asked(['ps'], { client })).toEqual({ app: 'shop' });
    const broken = { client, files: { '/app/compose.yaml': 'services: [' } };
    expect(await asked(['ps'], broken)).toEqual({ app: 'shop' });
    expect((await berth(['ps'], broken)).err).toBe(
      'warning: the application file has problems; taking shop, which was deployed from here\n',
    );
  });

  it('is never guessed when an environment was chosen', async () => {
    const { code, calls } = await berth(['-e', 'staging', 'ps'], { client, files: { '/app/compose.yaml': 'services: [' } });
    expect(code).toBe(2);
    expect(calls).toEqual([]);
  });
});

describe('down', () => {
  const question = 'Stop shop and remove 2 instances and the volume shop_data with all data?';
  const startRollout = () =>
    Promise.resolve({ id: 'r1', app: 'shop', kind: 'down', state: 'running', createdAtMs: 0, resumes: 0 } as const);
  const events = () =>
    records([
      { type: 'rollout.started', kind: 'down', app: 'shop' },
      { type: 'rollout.ended', state: 'done', exitCode: 0, tookMs: 900, urls: [], unchanged: false, closedConnections: 0 },
    ]);
  const given: Given = { ...base, client: { ...client, startRollout }, events };

  it('without a terminal needs -y', async () => {
    expect(await berth(['down', '--volumes'], given)).toMatchObject({
      code: 2,
      out: '',
      err: `error: This needs a yes, and there is no terminal to ask on: ${question}\nhint: Add \`-y\` when you are sure.\n`,
    });
  });

  it('asks on a terminal, and does nothing after a no', async () => {
    const { code, calls } = await berth(['down', '--volumes'], { ...given, terminal: { answer: false } });
    expect(code).toBe(130);
    expect(calls.map(([name]) => name)).not.toContain('startRollout');
  });

  it('keeps volumes unless it was told otherwise', async () => {
    const { code, out, calls } = await berth(['down', '-y'], given);
    expect({ code, out }).toEqual({ code: 0, out: '✔ shop is down (0.9 s)\n' });
    expect(calls.at(-1)?.[1]).toMatchObject({ request: { kind: 'down', app: 'shop', volumes: false } });
  });
});

it('refuses a word of scale or rollback that it does not understand', async () => {
  expect((await berth(['scale', 'web'], base)).err).toBe('error: `web` is not SERVICE=N.\nhint: For example: `berth scale web=5`.\n');
  expect((await berth(['rollback', 'v3'], base)).err).toBe(
    'error: `v3` is not the number of a release.\nhint: Run `berth history` to see them.\n',
  );
});

it('puts services into maintenance with a page, and says which are in it', async () => {
  const maintenance = () => Promise.resolve({ services: ['web'] });
  const given = { files: { ...files, '/app/soon.html': '<p>soon' }, client: { ...client, maintenance } };
  const on = await berth(['maintenance', 'on', 'web', '--page', 'soon.html'], given);
  expect(on).toMatchObject({ code: 0, out: 'in maintenance: web\n' });
  expect(on.calls.at(-1)).toEqual(['maintenance', { app: 'shop', services: ['web'], on: true, page: '<p>soon' }]);
  expect(await berth(['maintenance', 'on', '--page', 'none.html'], given)).toMatchObject({ code: 2 });
  const off = await berth(['maintenance', 'off'], {
    ...given,
    client: { ...client, maintenance: () => Promise.resolve({ services: [] }) },
  });
  expect(off).toMatchObject({ code: 0, out: 'nothing is in maintenance\n' });
});

it('shows the releases, and which one to go back to', async () => {
  const release = (number: number, state: string, available: boolean): ReleaseSummary => ({
    number,
    state,
    createdAtMs: nowMs - number * 60_000,
    origin: 'up',
    images: { web: { id: 'sha256:1', source: 'nginx:1' } },
    available,
  });
  const listReleases = () =>
    Promise.resolve([release(3, 'current', true), release(2, 'superseded', true), release(1, 'superseded', false)]);
  expect((await berth(['history'], { ...base, client: { listReleases } })).out).toBe(`RELEASE  STATE       CREATED    ORIGIN  KEPT  IMAGES
3        current     3 min ago  up      yes   web: nginx:1
2        superseded  2 min ago  up      yes   web: nginx:1
1        superseded  1 min ago  up      no    web: nginx:1
berth rollback 2 goes back
`);
});

it('shows log lines under their instances, from a point in time', async () => {
  const logs = async function* () {
    for (const text of ['one', 'two'])
      yield { service: 'web', instance: 'shop-web-1', release: 1, stream: 'stdout' as const, atMs: nowMs, text };
  };
  const { code, out, calls } = await berth(['logs', '-f', '-n', '5', '--since', '10m', 'web'], { ...base, client: { ...client, logs } });
  expect({ code, out }).toEqual({ code: 0, out: 'web-1  | one\nweb-1  | two\n' });
  expect(calls.at(-1)?.[1]).toEqual({ app: 'shop', services: 'web', follow: true, tail: 5, sinceMs: nowMs - 600_000 });
  expect(await berth(['logs', 'wbe'], { ...base, client: { ...client, logs } })).toMatchObject({ code: 2, out: '' });
  expect((await berth(['logs', '--json'], { ...base, client: { ...client, logs } })).out.split('\n')).toHaveLength(3);
});

it('shows events with their time and app', async () => {
  const events = () => records([{ type: 'revert.started', why: 'It failed.', toRelease: 4 }]);
  expect((await berth(['events'], { ...base, client: { events } })).out).toBe(
    '2026-01-02 03:04:05 shop  going back to release 4: It failed.\n',
  );
});

it('shows as many lines of events as were asked for, and goes on after them without a gap', async () => {
  const kinds = (i: number): RolloutEvent => (i % 10 === 0 ? notice(`line ${i}`) : { type: 'step.progress', step: 's', message: '' });
  const past = await Array.fromAsync(records(Array.from({ length: 100 }, (_, i) => kinds(i))));
  const to: EventRecord = { seq: 101, atMs: nowMs, rollout: 'r1', app: 'shop', event: notice('news') };
  const events = async function* ({
    after,
    last,
  }: {
    after?: number | undefined;
    last?: number | undefined;
  }): AsyncGenerator<EventRecord, void> {
    yield* after === undefined ? past.slice(-(last ?? 0)) : [to];
  };
  const lines = async (...argv: string[]) => (await berth(['events', ...argv], { ...base, client: { events } })).out.trim().split('\n');
  expect(await lines('-n', '2')).toEqual([expect.stringContaining('line 80'), expect.stringContaining('line 90')]);
  expect(await lines('-n', '1', '-f')).toEqual([expect.stringContaining('line 90'), expect.stringContaining('news')]);
  expect(await lines('-n', '50')).toHaveLength(10);
  expect(await lines('-n', '5', '--json')).toHaveLength(5);
});

describe('server', () => {
  const status: ServerStatus = {
    pid: 42,
    version: '1.2.3',
    protocol: 1,
    home: '/home/berth',
    installation: 'i',
    engine: { socket: '/var/run/docker.sock', name: 'docker', version: '20.10.24', apiVersion: '1.41' },
    startedAtMs: 0,
    uptimeMs: 125_000,
    apps: ['shop'],
    activeRollouts: 0,
  };
  const given: Given = { client: { status: () => Promise.resolve(status) } };

  it('status tells pid, version, home, engine, uptime and apps', async () => {
    expect((await berth(['server', 'status'], given)).out).toBe(`pid       42
version   1.2.3
home      /home/berth
engine    docker 20.10.24 (API 1.41) at /var/run/docker.sock
uptime    2 min 5 s
apps      shop
rollouts  none running
`);
    expect(JSON.parse((await berth(['server', 'status', '--json'], given)).out)).toEqual({ running: true, ...status });
  });

  it.each([
    [undefined, 'engine    none used yet: nothing was deployed'],
    [{ unreachable: 'Could not reach the engine at /run/e.sock.' }, 'engine    Could not reach the engine at /run/e.sock.'],
  ])('status tells an engine that is not there yet from one that does not answer: %o', async (engine, line) => {
    const { out } = await berth(['server', 'status'], { client: { status: () => Promise.resolve({ ...status, engine }) } });
    expect(out.split('\n')).toContain(line);
  });

  it('status and stop are no errors without a server', async () => {
    expect(await berth(['server', 'status', '--json'], { serverRuns: false })).toMatchObject({
      code: 0,
      out: '{"running":false,"home":"/home/berth"}\n',
    });
    expect(await berth(['server', 'stop'], { serverRuns: false })).toMatchObject({ code: 0, out: 'no server was running\n' });
  });

  it('install writes a systemd unit, or prints the line for cron', async () => {
    const { code, programs, files: left } = await berth(['server', 'install'], { systemd: true });
    expect({ code, programs }).toEqual({ code: 0, programs: ['systemctl daemon-reload', 'systemctl enable berth.service'] });
    expect(left['/etc/systemd/system/berth.service']).toContain(
      'ExecStart="/usr/bin/berth" server run\nEnvironment="BERTH_HOME=/home/berth"\n',
    );
    expect((await berth(['server', 'install'])).out).toContain('\n@reboot BERTH_HOME=/home/berth /usr/bin/berth server run\n');
  });
});

it('uninstall keeps the home, and with --purge removes it', async () => {
  const uninstall = () => Promise.resolve({ removed: [], kept: ['container shop-web-1'] });
  const plain = await berth(['uninstall', '-y'], { client: { uninstall } });
  expect(plain.out).toBe(`kept container shop-web-1 and home /home/berth
the server is stopped for good; 1 container goes on by itself
the program itself: npm uninstall -g berth
`);
  const purged = await berth(['uninstall', '--purge', '-y'], { client: { uninstall } });
  expect(purged.calls.map(([name]) => name)).toEqual(['uninstall', 'forget']);
});

describe('init', () => {
  const source = {
    '/app/package.json': '{"scripts":{"start":"node server.js"}}',
    '/app/server.js': 'require("http").createServer().listen(3000)',
  };

  it('writes a compose.yaml, and with --dockerfile what it is built with', async () => {
    const { code, out, files: left } = await berth(['init', '--dockerfile'], { files: source });
    expect(code).toBe(0);
    expect(out).toContain('wrote compose.yaml, Dockerfile and .dockerignore\nnext: berth up\n');
    expect(Object.keys(left).toSorted()).toEqual([
      '/app/.dockerignore',
      '/app/Dockerfile',
      '/app/compose.yaml',
      '/app/package.json',
      '/app/server.js',
    ]);
  });

  it('writes over nothing unless forced', async () => {
    const taken = { ...source, '/app/docker-compose.yml': 'services: {}' };
    expect(await berth(['init'], { files: taken })).toMatchObject({
      code: 2,
      err: 'error: docker-compose.yml is there already in /app; nothing was written.\nhint: Add `--force` to write over it.\n',
    });
    expect((await berth(['init', '--force'], { files: taken })).files['/app/compose.yaml']).toContain('name: app\n');
  });

  it('adds the Dockerfile to a Compose file that is there', async () => {
    const { code, out, files: left } = await berth(['init', '--dockerfile'], { files: { ...source, '/app/compose.yml': 'services: {}' } });
    expect(code).toBe(0);
    expect(out).toContain('kept compose.yml\nwrote Dockerfile and .dockerignore\n');
    expect(left['/app/compose.yml']).toBe('services: {}');
    expect(left).not.toHaveProperty(['/app/compose.yaml']);
  });

  it('says so when it knows no stack', async () => {
    expect(await berth(['init'])).toMatchObject({ code: 2, files: {} });
  });
});

describe('errors', () => {
  it('name a directory that is not there', async () => {
    expect(await berth(['-C', '/nowhere', 'up'], base)).toMatchObject({
      code: 2,
      err: 'error: There is no directory /nowhere.\nhint: Name one that is there with `-C DIR`.\n',
    });
  });

  it('show every problem of a file with its source line', async () => {
    const { code, err, out } = await berth(['config'], {
      files: { '/app/compose.yaml': 'services:\n  web:\n    imge: nginx\n    ports: ["99999:1"]\n' },
    });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('problems in the application file, nothing was changed\n\ncompose.yaml:');
    expect(err).toContain('    3 |     imge: nginx\n      |     ^\n');
  });

  it('are one object on stdout with --json', async () => {
    const { code, out, err } = await berth(['scale', '--json', 'web'], base);
    expect({ code, err }).toEqual({ code: 2, err: '' });
    expect(JSON.parse(out)).toEqual({
      error: { code: 'USAGE', message: '`web` is not SERVICE=N.', hint: 'For example: `berth scale web=5`.', details: {} },
    });
  });

  it('end with the exit code of their kind, and show where they come from with -v', async () => {
    const getApp = () => Promise.reject(new BerthError('ENGINE_UNREACHABLE', 'No engine.', { cause: new Error('ECONNREFUSED') }));
    const { code, err } = await berth(['-v', 'ps'], { ...base, client: { getApp } });
    expect(code).toBe(5);
    expect(err).toMatch(/^error: No engine\.\nENGINE_UNREACHABLE\n.*\ncaused by: Error: ECONNREFUSED/s);
  });

  it('say where a bug is to be reported', async () => {
    const getApp = () => Promise.reject(new TypeError('x is not a function'));
    expect((await berth(['ps'], { ...base, client: { getApp } })).err).toBe(
      'error: x is not a function\nhint: This is a bug of berth: run the command again with `-v`, and report what it prints.\n',
    );
  });
});
