import { expect, test } from 'vitest';
import type { Plan } from '../../src/model/index.ts';
import { docker, seenMount, web } from './harness/index.ts';
import { sharedHome } from './harness/shared-home.ts';

const openSite = sharedHome();

const volume = `    volumes: ["data:/data"]`;
const volumes = 'volumes:\n  data: {}\n';

test('one replica with a volume is replaced old first, the plan says so, and the data is there', async () => {
  await using site = await openSite();
  site.compose(web({ replicas: 1, more: volume }) + volumes);
  await site.ok('up');
  await site.get('/keep?path=/data/kept');
  site.variables({ VERSION: '2' });
  const plan = await site.json<Plan>('plan');
  expect(plan.services).toEqual([expect.objectContaining({ order: 'stop-first', gap: expect.stringContaining('data') })]);
  await site.ok('up');
  expect((await site.get('/file?path=/data/kept')).body).toEqual({ version: '2', text: '1' });
});

test('down keeps volumes, up finds them again, down --volumes removes them', async () => {
  await using site = await openSite();
  site.compose(web({ replicas: 1, more: volume }) + volumes);
  await site.ok('up');
  await site.get('/keep?path=/data/kept');
  const name = `${site.name}_data`;
  await site.ok('down', '-y');
  expect(await docker('volume', 'ls', '-q', '--filter', `name=${name}`)).toBe(name);
  expect((await site.get()).status).toBe(0);
  await site.ok('up');
  expect((await site.get('/file?path=/data/kept')).body).toEqual({ version: '1', text: '1' });
  await site.ok('down', '--volumes', '-y');
  expect(await docker('volume', 'ls', '-q', '--filter', `name=${name}`)).toBe('');
});

test('secrets and configs are files in the instance, and a changed one rolls', async () => {
  await using site = await openSite();
  site.write('password.txt', 'first');
  site.compose(`${web({ replicas: 1, more: '    secrets: [password]\n    configs: [{ source: motd, target: /etc/motd }]' })}
secrets:
  password: { file: ./password.txt }
configs:
  motd: { content: "hello" }
`);
  await site.ok('up');
  expect((await site.get('/file?path=/run/secrets/password')).body['text']).toBe('first');
  expect((await site.get('/file?path=/etc/motd')).body['text']).toBe('hello');
  site.write('password.txt', 'second');
  await site.ok('up');
  expect((await site.get('/file?path=/run/secrets/password')).body['text']).toBe('second');
  await site.ok('rollback');
  expect((await site.get('/file?path=/run/secrets/password')).body['text']).toBe('first');
});

test('a job runs once for each release before what waits for it, and its failure keeps the old release', async () => {
  await using site = await openSite();
  const job = `
  migrate:
    image: $IMAGE
    environment: { MODE: job, EXIT: "\${JOB_EXIT:-0}", VERSION: "\${VERSION:-1}" }
    volumes: ["./seen:/seen"]
`;
  site.compose(web({ more: '    depends_on: { migrate: { condition: service_completed_successfully } }' }) + job);
  await site.ok('up');
  await site.ok('up');
  expect(site.seen()).toEqual(['job 1']);
  const row = async () => (await site.ok('ps')).out.split('\n').find((line) => line.startsWith(`${site.name}-migrate`));
  expect(await row()).toMatch(/-migrate-job-r1 +migrate +1 +done/);
  expect((await site.ok('logs', 'migrate')).out).toContain('1 exits with 0');
  site.variables({ VERSION: '2', JOB_EXIT: '4' });
  const failed = await site.berth('up');
  expect(failed.code, failed.err).toBe(1);
  expect(failed.err).toContain('4');
  expect(await site.versions()).toEqual(['1']);
  expect(await row()).toMatch(/-migrate-job-r2 +migrate +2 +failed \(exit 4\)/);
  expect((await site.ok('logs', 'migrate')).out).toContain('2 exits with 4');
});

test('the release command runs once for each release and blocks the rollout', async () => {
  await using site = await openSite();
  const release = '      release: [sh, -c, "echo ran $$VERSION > /seen/$$VERSION; exit ${RELEASE_EXIT:-0}"]';
  site.compose(web({ more: seenMount, xBerth: release }));
  await site.ok('up');
  expect(site.seen()).toEqual(['ran 1']);
  site.variables({ VERSION: '2', RELEASE_EXIT: '5' });
  const failed = await site.berth('up');
  expect(failed.code, failed.err).toBe(1);
  expect(await site.versions()).toEqual(['1']);
});

test('a service without a port rolls by staying up, one at a time', async () => {
  await using site = await openSite();
  site.compose(`services:
  worker:
    image: $IMAGE
    environment: { MODE: worker, VERSION: "\${VERSION:-1}" }
    deploy: { update_config: { monitor: 1s } }
    x-berth: { rollout: { watch: 1s } }
`);
  await site.ok('up');
  const before = await site.instances('worker');
  site.variables({ VERSION: '2' });
  await site.ok('up');
  const after = await site.instances('worker');
  expect(after).toHaveLength(1);
  expect(after).not.toEqual(before);
});
