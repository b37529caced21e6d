import { expect, test } from 'vitest';
import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import { docker, web } from './harness/index.ts';
import { sharedHome } from './harness/shared-home.ts';

const openSite = sharedHome();

test('maintenance answers for one service, outlives updates and a restart of HAProxy, and is over without a loss', async () => {
  await using site = await openSite();
  site.write('soon.html', '<p>\n  "Back" at 9: 100%\n</p>');
  site.write('later.html', '<p>later</p>');
  site.compose(web({ xBerth: '      maintenance: ./soon.html' }));
  await site.ok('up');
  expect((await site.berth('maintenance', 'on', 'nobody')).err).toContain('nobody is not reached from outside');
  const slow = site.get('/slow?ms=1500');
  expect((await site.ok('maintenance', 'on', 'web')).out).toBe('in maintenance: web\n');
  expect(await site.get()).toMatchObject({ status: 503, text: '<p>\n  "Back" at 9: 100%\n</p>' });
  expect((await slow).status).toBe(200);

  site.variables({ VERSION: '2' });
  await site.ok('up');
  expect((await site.get()).status).toBe(503);
  expect((await site.ok('ps')).out).toContain('web is in maintenance');
  const edge = await docker('ps', '-q', '--filter', `label=dev.berth.role=edge`, '--filter', `label=dev.berth.home=${site.home}`);
  await docker('restart', '-t', '1', ...edge.split('\n').filter(Boolean));
  await expect.poll(async () => (await site.get()).status, { timeout: 10_000 }).toBe(503);
  await site.ok('maintenance', 'on', '--page', 'later.html');
  expect((await site.get()).text).toBe('<p>later</p>');

  expect(await site.json('maintenance', 'off')).toEqual({ services: [] });
  expect(await site.versions()).toEqual(['2']);
  await using load = new Load(mixedStreams(site.url(), 200));
  await load.requests(200);
  await site.ok('up');
  await site.ok('maintenance', 'off');
  const report = await load.stop();
  expect(sum(report).lost, losses(report)).toBe(0);
});

test('what a route says holds from the file to the answer', async () => {
  await using site = await openSite();
  const xBerth = `      sticky: true
      routes:
        - { hosts: [a.test, localhost], port: $PORT }
        - { host: "*.test", port: $PORT, path: /old, redirect: "https://www.test{path}{query}" }
        - { host: a.test, port: $PORT, path: /api, strip: true, headers: { response: { set: { X-Api: "100% it's" } } } }
        - { host: a.test, port: $PORT, path: /secret, deny: 127.0.0.0/8, errorPages: { 403: ./no.html } }
        - { host: a.test, port: $PORT, path: /few, rateLimit: 2/1m, rewrite: / }`;
  site.write('no.html', '<p>no</p>');
  site.compose(web({ xBerth }));
  await site.ok('up');
  const ask = (at: string, host = 'a.test'): ReturnType<typeof site.get> => site.get(at, { host });
  expect((await ask('/')).body['version']).toBe('1');
  expect((await ask('/', 'elsewhere.org')).status).toBe(404);
  expect((await ask('/old/x?y=1', 'b.test')).status).toBe(302);
  expect((await ask('/api/env?name=VERSION')).body['value']).toBe('1');
  expect(await ask('/secret/x')).toMatchObject({ status: 403, text: '<p>no</p>' });
  expect((await ask('//secret/x')).status).toBe(403);
  expect([(await ask('/few')).status, (await ask('/few')).status, (await ask('/few')).status]).toEqual([200, 200, 429]);
  await using load = new Load([{ name: 'kept', url: `http://localhost:${site.port}/`, connections: 4, keepAlive: true }]);
  await load.requests(100);
  site.variables({ VERSION: '2' });
  await site.ok('up');
  expect((await ask('/')).body['version']).toBe('2');
  const report = await load.stop();
  expect(sum(report).lost, losses(report)).toBe(0);
});
