import { afterAll, beforeAll, expect, test } from 'vitest';
import { Load } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import type { ListenerCertificate, ProxyConfig } from '../../src/model/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import { backendOf, listenerOf, openEdge, openImage, serverOf, startApp, type App, type EdgeUnderTest } from './haproxy-kit.ts';
import { makePair, MemoryCertificates, type Pair } from './tls-kit.ts';

const port = await freePort();
const name = 'shop.web.routes';
const certificates = new MemoryCertificates();
let under: EdgeUnderTest;
let app: App;
let root: Pair;
let image: Awaited<ReturnType<typeof openImage>>;

beforeAll(async () => {
  image = await openImage();
  [under, app, root] = await Promise.all([
    openEdge({ certificates, image: image.reference }),
    startApp('a'),
    makePair({ name: 'root', authority: true }),
  ]);
});
afterAll(async () => {
  await under.close();
  await Promise.all([app.stop(), image.remove()]);
});

const renew = async (): Promise<ListenerCertificate> =>
  certificates.put('a', await makePair({ name: 'a.test', hosts: ['a.test'] }, root), ['a.test']);

/** Another path of the shop, which HAProxy learns of only by a reload. */
function config(certificate: ListenerCertificate, paths: number): ProxyConfig {
  const rules = Array.from({ length: paths }, (_, n) => ({ path: `/extra-${n}`, service: 'web', backend: name }));
  return {
    listeners: [listenerOf(port, name, { tls: { certificates: [certificate] }, rules })],
    backends: [backendOf(name, [serverOf(app)])],
  };
}

test('loses nothing of HTTP/1.1, HTTP/2 and WebSockets while certificates, routes and the container change', async () => {
  let certificate = await renew();
  await under.edge.apply(config(certificate, 0));
  const base = { url: `https://127.0.0.1:${port}/`, tls: { ca: root.cert, servername: 'a.test' }, keepAlive: true } as const;
  await using load = new Load([
    { ...base, name: 'kept', connections: 6, perSecond: 200 },
    { ...base, name: 'close', connections: 3, keepAlive: false, perSecond: 30 },
    { ...base, name: 'h2', protocol: 'h2', connections: 8, perSecond: 300 },
    { ...base, name: 'websocket', protocol: 'websocket', connections: 6, perSecond: 60 },
  ]);
  await load.requests(200);
  const reloads: boolean[] = [];
  for (let n = 1; n <= 12; n += 1) {
    if (n % 3 !== 0) certificate = await renew();
    // Another image: a new container takes over, and has the certificates from its first handshake.
    if (n === 7) await image.renew();
    reloads.push((await under.edge.apply(config(certificate, Math.floor(n / 3)))).reloaded);
    await load.requests(150);
  }
  const report = await load.stop();
  expect(reloads.filter((r) => r)).toHaveLength(5);
  expect({ ...sum(report), why: losses(report) }).toEqual({ requests: expect.any(Number), lost: 0, why: '' });
  for (const stream of Object.values(report.streams)) expect(stream.requests).toBeGreaterThan(20);
});
