import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { SecretSummary } from '../../src/contract/index.ts';
import type { Plan } from '../../src/model/index.ts';
import { appImage, docker, Site, web } from './harness/index.ts';

const canary = (): string => `canary-${randomBytes(12).toString('hex')}`;

/** Runs a verb of berth with text on its standard input. */
async function piped(site: Site, text: string, ...args: string[]): Promise<string> {
  const running = site.start(...args);
  running.child.stdin?.end(text);
  const { code, out, err } = await running.result;
  if (code !== 0) throw new Error(`berth ${args.join(' ')} exited ${code}\n${err}`);
  return out;
}

/** The variables and the secret file of an instance, as its process sees them. */
async function inside(site: Site): Promise<{ environment: string; file: string }> {
  const text = async (file: string): Promise<string> => String((await site.get(`/file?path=${file}`)).body['text']);
  return { environment: await text('/proc/self/environ'), file: await text('/run/secrets/api') };
}

const using = `    secrets: [api]
    depends_on: [other]`;
const rest = `  other:
    image: $IMAGE
    x-berth: { port: 3000 }
secrets:
  api: { external: true, name: API_KEY }
`;
const withSecrets = (more = using, command = ''): string =>
  web({
    replicas: 1,
    more: `${more}${command}`,
    xBerth: '      environment: { DATABASE_URL: "pg://app:${secret:DB_PASSWORD}@db/shop", FROM_VARIABLE: "${secret:VARIABLE}" }',
  }) +
  rest +
  'x-berth: { secrets: { VARIABLE: { environment: MY_SECRET } } }\n';

/** Everything of a home and of the engine that may hold what berth was told, as bytes of text. */
async function leftBehind(site: Site): Promise<Record<string, string>> {
  const files = readdirSync(site.home).filter((name) => statSync(path.join(site.home, name)).isFile());
  const texts = files.map((name) => [name, readFileSync(path.join(site.home, name), 'latin1')] as const);
  return { ...Object.fromEntries(texts), history: await docker('history', '--no-trunc', appImage) };
}

/** The arguments of every process, again and again until `done`. */
async function watchArguments(done: Promise<unknown>): Promise<string> {
  let over = false;
  void done.finally(() => (over = true)).catch(() => undefined);
  let seen = '';
  while (!over) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen += readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      } catch {
        // It has ended since the list was made.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return seen;
}

test('values reach instances and nothing else: no output, event, log, file, image or argument has them', async () => {
  await using site = await Site.open();
  const values = { password: canary(), api: canary(), variable: canary(), old: canary() };
  site.compose(withSecrets());
  site.variables({ MY_SECRET: values.variable });
  const missing = await site.berth('up');
  expect(missing.code).toBe(2);
  expect(missing.err).toMatch(/The secret (API_KEY|DB_PASSWORD) \(compose\.yaml:\d+:\d+\) is not set for/);
  expect(missing.err).toMatch(/berth secret set (API_KEY|DB_PASSWORD)/);

  await piped(site, `${values.old}\n`, 'secret', 'set', 'DB_PASSWORD');
  await piped(site, `${values.password}\n`, 'secret', 'rotate', 'DB_PASSWORD');
  await piped(site, `API_KEY='${values.api}'\n`, 'secret', 'import');
  expect(statSync(path.join(site.home, 'keys/secrets.key')).mode & 0o777).toBe(0o600);
  expect(await piped(site, '', 'secret', 'get', 'DB_PASSWORD')).toBe(values.password);
  expect(await piped(site, '', 'secret', 'get', 'DB_PASSWORD', '--at', '1')).toBe(values.old);

  const up = site.ok('up');
  const cmdlines = await watchArguments(up);
  const said = await up;
  expect(await inside(site)).toEqual({
    environment: expect.stringContaining(`DATABASE_URL=pg://app:${values.password}@db/shop\0`),
    file: values.api,
  });
  expect((await inside(site)).environment).toContain(`FROM_VARIABLE=${values.variable}\0`);

  site.compose(withSecrets(using, '\n    command: [sh, -c, "cat /run/secrets/api; echo; echo $$DATABASE_URL $$FROM_VARIABLE; exit 3"]'));
  const failed = await site.berth('up');
  expect(failed.code).toBe(1);
  expect(failed.err).toContain('[secret]');

  const refused = await site.berth('secret', 'set', 'DB_PASSWORD', values.old);
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('takes no value as an argument') });
  const outputs: Record<string, string> = { cmdlines, up: said.out + said.err, failed: failed.out + failed.err, refused: refused.err };
  for (const verb of [
    'config',
    'plan',
    'ps',
    'events',
    'history',
    'secret list',
    'server status',
    'config --json',
    'plan --json',
    'ps --json',
    'events --json',
    'history --json',
    'secret list --json',
  ]) {
    const { out, err } = await site.berth(...verb.split(' '));
    outputs[verb] = out + err;
  }
  const all = { ...outputs, ...(await leftBehind(site)) };
  for (const [where, text] of Object.entries(all)) {
    for (const [which, value] of Object.entries(values)) {
      expect(text.includes(value), `${which} is in ${where}`).toBe(false);
      expect(text.includes(Buffer.from(value).toString('base64')), `${which} is in ${where}, as base64`).toBe(false);
    }
  }
  expect(Object.keys(all)).toEqual(expect.arrayContaining(['berth.db', 'server.log']));
});

test('a build mounts secrets of the store and of variables, and no layer, argument, output or file has them', async () => {
  await using site = await Site.open();
  const values = { store: canary(), variable: canary() };
  site.write(
    'src/Dockerfile',
    'ARG BASE\nFROM $BASE\nRUN --mount=type=secret,id=a --mount=type=secret,id=b cat /run/secrets/a /run/secrets/b && echo; false\n',
  );
  site.compose(`services:
  web:
    build: { context: src, args: { BASE: $IMAGE }, secrets: [a, b] }
    ports: ["$PORT:3000"]
    x-berth: { port: 3000, rollout: { watch: 1s } }
secrets:
  a: { external: true, name: BUILD_TOKEN }
  b: { environment: MY_SECRET }
`);
  site.variables({ MY_SECRET: values.variable });
  const missing = await site.berth('plan');
  expect(missing).toMatchObject({ code: 2, err: expect.stringMatching(/The secret BUILD_TOKEN \(compose\.yaml:4:\d+\) is not set/) });
  await piped(site, values.store, 'secret', 'set', 'BUILD_TOKEN');

  const failed = await site.berth('-v', 'up');
  expect(failed).toMatchObject({ code: 2, err: expect.stringContaining('[secret]') });
  site.write(
    'src/Dockerfile',
    'ARG BASE\nFROM $BASE\nRUN --mount=type=secret,id=a --mount=type=secret,id=b cat /run/secrets/a /run/secrets/b | busybox tee /dev/stderr | busybox wc -c > /size\n',
  );
  const up = site.ok('-v', 'up');
  const cmdlines = await watchArguments(up);
  const said = await up;
  expect((await site.get('/file?path=/size')).body['text']).toBe(`${values.store.length + values.variable.length}\n`);
  const [instance = ''] = await site.instances();
  const image = await docker('inspect', '-f', '{{.Image}}', instance);
  const { out: events } = await site.berth('events', '-n', '500', '--json');
  const all: Record<string, string> = {
    failed: failed.out + failed.err,
    cmdlines,
    up: said.out + said.err,
    events,
    ...(await leftBehind(site)),
    history: await docker('history', '--no-trunc', image),
    container: await docker('inspect', instance),
    added: await docker('diff', instance),
  };
  for (const [where, text] of Object.entries(all))
    for (const [which, value] of Object.entries(values)) expect(text.includes(value), `${which} is in ${where}`).toBe(false);

  site.variables({ MY_SECRET: '' });
  expect((await site.berth('up')).out + (await site.berth('up')).err).toContain('is up to date');
});

test('a new version rolls the services that use it, and a rollback brings the old one back', async () => {
  await using site = await Site.open();
  site.compose(withSecrets());
  site.variables({ MY_SECRET: 'variable-1' });
  await piped(site, 'API_KEY=api-key-1\nDB_PASSWORD=password-1\n', 'secret', 'import');
  await site.ok('up');
  const other = await site.instances('other');
  expect((await site.json<Plan>('plan')).steps).toEqual([]);

  await piped(site, 'api-key-2', 'secret', 'set', 'API_KEY');
  site.variables({ MY_SECRET: 'variable-2' });
  const plan = await site.json<Plan>('plan');
  expect(plan.services.map(({ service, change }) => `${service} ${change}`)).toEqual(['other none', 'web roll']);
  await site.ok('up');
  expect(await inside(site)).toEqual({ environment: expect.stringContaining('FROM_VARIABLE=variable-2\0'), file: 'api-key-2' });
  expect(await site.instances('other')).toEqual(other);

  const { secrets } = await site.json<{ secrets: SecretSummary[] }>('secret', 'list');
  expect(secrets.map((s) => `${s.name} ${s.source} ${s.version}: ${s.usedBy.map((u) => u.release).join(',')}`)).toEqual([
    'API_KEY store 1: 1',
    'API_KEY store 2: 2',
    'DB_PASSWORD store 1: 2,1',
    'VARIABLE environment 1: 1',
    'VARIABLE environment 2: 2',
  ]);
  await site.ok('secret', 'rotate');
  site.variables({ MY_SECRET: '' });
  await site.ok('rollback');
  expect(await inside(site)).toEqual({ environment: expect.stringContaining('FROM_VARIABLE=variable-1\0'), file: 'api-key-1' });
  expect(await site.instances('other')).toEqual(other);
  expect(await site.berth('secret', 'rm', 'API_KEY', '-y')).toMatchObject({ code: 2, err: expect.stringContaining('which serves now') });
});

test('without its key a home says so, and removing it takes the key along', async () => {
  await using site = await Site.open();
  site.compose(withSecrets());
  await piped(site, 'secret-of-this-home', 'secret', 'set', 'DB_PASSWORD');
  const key = path.join(site.home, 'keys/secrets.key');
  rmSync(key);
  for (const verb of [
    ['secret', 'get', 'DB_PASSWORD'],
    ['secret', 'rotate'],
  ]) {
    expect(await site.berth(...verb)).toMatchObject({
      code: 2,
      err: expect.stringContaining('The secrets of this installation cannot be read'),
    });
  }
  const running = site.start('secret', 'set', 'API_KEY');
  running.child.stdin?.end('another');
  expect((await running.result).err).toContain('Put ');
  expect(existsSync(key)).toBe(false);
  await site.ok('secret', 'rm', 'DB_PASSWORD', '-y');
  await piped(site, 'another', 'secret', 'set', 'API_KEY');
  await site.ok('uninstall', '--purge', '-y');
  expect(existsSync(path.dirname(key))).toBe(false);
});
