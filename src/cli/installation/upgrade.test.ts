import { expect, it } from 'vitest';
import { BerthError } from '../../errors/index.ts';
import { berth } from '../fake-world.ts';

const proxies = [
  { proxy: 'edge' as const, haproxy: '3.0.11', image: 'sha256:1111111111111111', wantedImage: 'sha256:2222222222222222' },
  {
    proxy: 'front' as const,
    app: 'shop',
    service: 'api',
    haproxy: '3.0.12',
    image: 'sha256:2222222222222222',
    wantedImage: 'sha256:2222222222222222',
  },
].map((proxy) => ({ ...proxy, current: proxy.image === proxy.wantedImage, configured: true, finishing: 0, closed: 0 }));

it('upgrade --check says what would change, and asks a server of its own version only to look', async () => {
  const status = () => Promise.resolve({ version: '1.2.3' } as never);
  const upgrade = () => Promise.resolve({ proxies });
  const { out, calls } = await berth(['upgrade', '--check'], { client: { status, upgrade } });
  expect(calls).toContainEqual(['upgrade', { check: true }]);
  expect(out).toBe(`server          1.2.3, as it is
edge            HAProxy 3.0.11, image 111111111111, would be replaced by image 222222222222
front shop/api  HAProxy 3.0.12, image 222222222222, as it is
`);
});

it('upgrade fails where a new HAProxy did not start, and says why', async () => {
  const status = () => Promise.resolve({ version: '1.2.3' } as never);
  const upgrade = () =>
    Promise.resolve({ proxies: proxies.map((p) => (p.current ? p : { ...p, refused: 'It ended at once. It says: no licence' })) });
  const { code, out, err } = await berth(['upgrade'], { client: { status, upgrade } });
  expect(code).toBe(1);
  expect(out).toContain('edge            HAProxy 3.0.11, image 111111111111, serves on: image 222222222222 did not take its place\n');
  expect(err).toContain('error: The new HAProxy did not start, and the one before serves on. It ended at once. It says: no licence');
  const check = await berth(['upgrade', '--check'], { client: { status, upgrade } });
  expect(check.code).toBe(0);
  expect(check.out).toContain('would be replaced by image 222222222222, which did not start when that was tried');
});

it('upgrade --check promises nothing that a berth older than the server would not do', async () => {
  const newer = new BerthError('SERVER_VERSION', 'The berth server of this home is 2.0.0; this berth is 1.2.3.');
  const { code, out, err } = await berth(['upgrade', '--check'], { serverVersion: newer });
  expect({ code, out }).toEqual({ code: 5, out: '' });
  expect(err).toContain('The berth server of this home is 2.0.0');
});

it('upgrade is finished by the next server where the one that did it was killed', async () => {
  const status = () => Promise.resolve({ version: '1.2.3' } as never);
  let deaths = 1;
  const upgrade = () => (deaths-- > 0 ? Promise.reject(new BerthError('SERVER_UNREACHABLE', 'It hung up.')) : Promise.resolve({ proxies }));
  const { code, calls } = await berth(['upgrade'], { client: { status, upgrade } });
  expect(code).toBe(0);
  expect(calls.filter(([call]) => call === 'upgrade')).toHaveLength(3);
});

it('upgrade says what it replaced', async () => {
  const status = () => Promise.resolve({ version: '1.2.0' } as never);
  const upgrade = () =>
    Promise.resolve({ proxies: proxies.map((p) => ({ ...p, image: p.wantedImage, current: true, closed: p.current ? 0 : 2 })) });
  const given = { older: true, look: { proxies }, client: { status, upgrade } };
  const { out } = await berth(['upgrade'], given);
  expect(out).toBe(`server          1.2.0 → 1.2.3, replaced
edge            HAProxy 3.0.11, image 222222222222, replaced; 2 connections outlived the drain and were closed
front shop/api  HAProxy 3.0.12, image 222222222222, as it is
`);
  const json = await berth(['upgrade', '--json'], given);
  expect(JSON.parse(json.out)).toMatchObject({ berth: '1.2.3', server: '1.2.0', serverReplaced: true, proxies: [{ replaced: true }, {}] });
});

it('upgrade --check looks for itself where no server of this berth runs, and starts none', async () => {
  const stale = proxies.map((p) => ({ ...p, configured: p.proxy === 'edge' }));
  const none = await berth(['upgrade', '--check'], { serverRuns: false, look: { proxies: stale } });
  expect(none.calls).toEqual([]);
  expect(none.out).toBe(`server          none runs, 1.2.3 would be started
edge            HAProxy 3.0.11, image 111111111111, would be replaced by image 222222222222
front shop/api  HAProxy 3.0.12, image 222222222222, as it is; would read a new configuration
`);
  const status = () => Promise.resolve({ version: '1.2.0' } as never);
  const older = await berth(['upgrade', '--check'], { older: true, look: { proxies: stale }, client: { status } });
  expect(older.calls).toEqual([['status', {}]]);
  expect(older.out).toContain('server          1.2.0, would be replaced by 1.2.3\n');
});

it('upgrade says which proxies read a new configuration, also where the server did that when it started', async () => {
  const stale = proxies.filter((p) => p.current).map((p) => ({ ...p, configured: false }));
  const upgrade = () => Promise.resolve({ proxies: stale.map((p) => ({ ...p, configured: true })) });
  const { out } = await berth(['upgrade'], { serverRuns: false, look: { proxies: stale }, client: { upgrade } });
  expect(out).toBe(`server          1.2.3, started
front shop/api  HAProxy 3.0.12, image 222222222222, as it is, with a new configuration
`);
});
