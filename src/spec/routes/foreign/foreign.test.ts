import { describe, expect, it } from 'vitest';
import { labelled, readWeb } from '../../../../test/fakes/foreign-labels.ts';
import { failureOf, loadFiles, loadText } from '../../../../test/fakes/spec-files.ts';

describe('the words of another proxy', () => {
  const rule = 'traefik.http.routers.r.rule=Host(`a.example`)';

  it('are not read where the file has routes of its own, or none by its own word', async () => {
    for (const [routes, hosts] of [
      ['[b.example]', ['b.example']],
      ['[]', []],
    ] as const) {
      const { web, said } = await readWeb(labelled(rule).replace('image: x', `image: x\n    x-berth: {routes: ${routes}}`));
      expect(web.routes.map((route) => route.host)).toEqual(hosts);
      expect(said).toEqual([]);
    }
  });

  it.each([
    ['image: traefik:v3'],
    ['image: docker.io/library/traefik'],
    ['image: own-proxy, ports: ["80:80"], volumes: ["/var/run/docker.sock:/var/run/docker.sock"]'],
  ])('are left to a proxy of the same application: %s', async (proxy) => {
    const { web, said } = await readWeb(`${labelled(rule)}  edge: {${proxy}}\n`);
    expect(web.routes).toEqual([]);
    expect(said).toEqual([]);
  });

  it('of a second proxy are left aside, and that is said', async () => {
    const { web, said } = await readWeb(labelled(rule, 'caddy=http://b.example', 'caddy.reverse_proxy={{upstreams}}'));
    expect(web.routes.map((route) => route.host)).toEqual(['a.example']);
    expect(said).toEqual(['6 `caddy` labels are left aside, since `web` has `traefik.*` labels']);
  });

  it('are an error with --strict where they are not understood', async () => {
    const text = labelled(rule, 'traefik.http.routers.r.priority=5');
    expect(await failureOf(loadFiles({ 'compose.yaml': text }, { strict: true }))).toContain(
      'STRICT\ncompose.yaml:6:9: the label `traefik.http.routers.r.priority` is not understood',
    );
  });

  it('collide like any route', async () => {
    const text = `${labelled(rule)}  api: {image: x, x-berth: {routes: [a.example]}}\n`;
    expect(await failureOf(loadText(text))).toContain('`api` and `web` both want the route a.example/ on port 80 (also at compose.yaml:5)');
  });
});
