import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { getSecure } from './harness/get-secure.ts';
import { Site } from './harness/site.ts';

const example = path.resolve(import.meta.dirname, '../../examples/shop');
const host = 'shop.localhost';

type Traffic = { services: { name: string; requests: number; routes: { route: string; requests: number }[] }[] };

/** The example under the site's own name and port. */
function useExample(site: Site): void {
  cpSync(example, site.directory, { recursive: true });
  site.write('compose.yaml', readFileSync(path.join(example, 'compose.yaml'), 'utf8').replace(/^name: .*/m, `name: ${site.name}`));
  site.variables({ HTTPS_PORT: String(site.port) });
}

test('the shop serves over TLS, calls its api by name, and is counted by route, over an update and in maintenance', async () => {
  await using site = await Site.open();
  useExample(site);
  await site.ok('up');
  const { out: ca } = await site.ok('tls', 'trust');
  const ask = (at: string, from = host) => getSecure({ host: from, port: site.port, ca, path: at });
  const bodyOf = async (at: string): Promise<unknown> => JSON.parse((await ask(at)).text ?? '');

  expect(await bodyOf('/')).toMatchObject({ shop: 'open', version: '1', api: { version: '1' } });
  expect(await bodyOf('/api/items')).toMatchObject({ items: [{ name: 'coat' }, { name: 'scarf' }] });
  expect(await ask('/sale?x=1', `www.${host}`)).toMatchObject({ status: 308, location: `https://${host}:${site.port}/sale?x=1` });

  let ended = false;
  const answers: Promise<{ status: number }[]> = (async () => {
    const all = [];
    while (!ended) all.push(await ask('/'));
    return all;
  })();
  site.variables({ VERSION: '2' });
  await site.ok('up');
  ended = true;
  const statuses = (await answers).map(({ status }) => status);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(statuses.length).toBeGreaterThan(10);
  expect(await bodyOf('/')).toMatchObject({ version: '2', api: { version: '2' } });

  const { services } = await site.json<Traffic>('traffic', '--last', '10m');
  const routes = services.flatMap((s) => s.routes.map((r) => `${s.name} ${r.route}`));
  expect(routes).toEqual(expect.arrayContaining(['api :3000 (front)', `api ${host}/api`, `web ${host}/`, `web www.${host}/`]));

  await site.ok('maintenance', 'on', 'web');
  expect(await ask('/')).toMatchObject({ status: 503, text: readFileSync(path.join(example, 'maintenance.html'), 'utf8') });
  expect((await ask('/api/items')).status).toBe(200);
  await site.ok('maintenance', 'off');
  expect((await ask('/')).status).toBe(200);
});
