import { expect, test } from 'vitest';
import { sharedHome } from './harness/shared-home.ts';

const openSite = sharedHome();

/** A service whose only word about traffic are labels of caddy-docker-proxy. */
const labelled = (host: string, port: number): string => `services:
  web:
    image: $IMAGE
    environment: { VERSION: "1" }
    labels:
      caddy: http://${host}:${port}
      caddy.handle_path: /api/*
      caddy.handle_path.reverse_proxy: "{{upstreams 3000}}"
      caddy.log: default
    x-berth:
      probe: { http: /, interval: 200ms, successes: 1, within: 10s }
      rollout: { drain: 2s, watch: 1s }
`;

test('labels of another proxy become routes, which the plan shows; a second app cannot have the same', async () => {
  await using site = await openSite();
  await using other = await openSite();
  const host = `${site.name}.example.test`;
  site.compose(labelled(host, site.port));
  const planned = await site.ok('plan');
  expect(planned.out).toContain(`web: route ${host}/api on ${site.port}, with strip (caddy labels, compose.yaml:7)`);
  expect(planned.err).toContain('compose.yaml:10:7: `caddy.log` is not understood');
  expect((await site.berth('plan', '--strict')).code).toBe(2);

  await site.ok('up');
  expect(await site.get('/api/env?name=VERSION', { host })).toMatchObject({ status: 200, body: { value: '1' } });
  expect((await site.get('/elsewhere', { host })).status).toBe(404);

  other.compose(labelled(host, site.port));
  const refused = await other.berth('up');
  expect(refused.code).toBe(2);
  expect(refused.err).toContain(`is claimed by ${site.name}/web (compose.yaml:7:7 in `);
  expect(refused.err).toContain(`and by ${other.name}/web (compose.yaml:7:7)`);
});
