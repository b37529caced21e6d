import { expect, test } from 'vitest';
import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import { Caller } from './harness/caller.ts';
import { docker, Site } from './harness/index.ts';
import { sharedHome } from './harness/shared-home.ts';

const openSite = sharedHome();

/** `web` asks `api` by its name at `/via`; `api` is updated by its VERSION. */
function shop(site: Site, { api = '', replicas = 3 }: { api?: string; replicas?: number } = {}): void {
  const common = '{ http: /, interval: 200ms, successes: 2, within: 10s }';
  site.compose(`services:
  web:
    image: $IMAGE
    ports: ["$PORT:3000"]
    depends_on: { api: { condition: service_healthy } }
    deploy: { replicas: 2 }
    x-berth:
      probe: ${common}
      rollout: { drain: 5s, watch: 1s }
  api:
    image: $IMAGE
    environment: { VERSION: "\${API:-1}" }
    deploy: { replicas: ${replicas} }
    x-berth:
      port: 3000
      probe: ${common}
      rollout: { drain: 5s, watch: 1s }
${api}
`);
}

const byName = (url: string) => [
  { name: 'named-kept', url, connections: 10, keepAlive: true, perSecond: 250 },
  { name: 'named-close', url, connections: 10, keepAlive: false, perSecond: 150 },
];

test('updates of a service lose no call from another one, whether connections are kept or not', async () => {
  await using site = await openSite();
  shop(site);
  await site.ok('up');
  await using caller = await Caller.open(`${site.name}_default`);
  await using direct = await caller.load(byName('http://api:3000/'));
  await using through = new Load(mixedStreams(site.url('/via'), 300));
  await direct.requests(300);
  for (const version of ['2', '3', '4']) {
    site.variables({ API: version });
    await site.ok('up');
    const said = JSON.parse(await caller.node(`console.log(await (await fetch('http://api:3000/')).text())`)) as { version: string };
    expect(said.version).toBe(version);
  }
  const [named, outside] = await Promise.all([direct.stop(), through.stop()]);
  expect(sum(named).lost, losses(named)).toBe(0);
  expect(sum(outside).lost, losses(outside)).toBe(0);
  expect(Object.keys(named.streams['named-close']?.versions ?? {})).toEqual(['1', '2', '3', '4']);
  expect(await docker('ps', '-q', '--filter', `network=${site.name}_default`, '--filter', 'label=dev.berth.role=instance')).not.toBe('');
});
