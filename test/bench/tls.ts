import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker, freePort } from '../e2e/harness/index.ts';
import { backendOf, listenerOf, openEdge } from '../integration/haproxy-kit.ts';
import { makePair, MemoryCertificates } from '../integration/tls-kit.ts';
import { againstByTurns, type Bench } from './kit/bench.ts';
import { handConfiguration, startHaproxy } from './kit/by-hand.ts';
import { ratesByTurns } from './kit/wrk.ts';

const rounds = 10;
const seconds = 3;
const backend = 'bench.web.routes';

/** Requests a second through TLS at the edge. */
export const tls: Bench = {
  name: 'tls',
  what: 'requests and handshakes a second through TLS at the edge, against the same HAProxy configured by hand',
  how: `wrk with 64 kept connections for ${seconds} s, then with a connection for each request, ${rounds} rounds by turns, medians and the median of the rounds' ratios. The application is a HAProxy that answers by itself. By hand: the image of berth's edge in the host's network with the same certificate and a short configuration that forwards the same headers and repeats requests where that is safe. Neither writes an access log.`,
  async run(say) {
    const directory = await mkdtemp(path.join(tmpdir(), 'berth-bench-'));
    const certificates = new MemoryCertificates();
    const under = await openEdge({ certificates });
    try {
      await under.edge.prepare();
      const [edgePort, handPort, appPort] = [await freePort(), await freePort(), await freePort()];
      const pair = await makePair({ name: 'localhost', hosts: ['localhost'] });
      const certificate = certificates.put('bench', pair, ['localhost']);
      const server = { name: 'one', address: '127.0.0.1', port: appPort, weight: 100, state: 'ready' } as const;
      await under.edge.apply({
        listeners: [listenerOf(edgePort, backend, { tls: { certificates: [certificate] } })],
        backends: [backendOf(backend, [server])],
      });
      const image = await docker('inspect', '-f', '{{.Config.Image}}', under.container);
      const hand = {
        port: handPort,
        tls: 'ssl crt /hand/hand.pem alpn h2,http/1.1',
        servers: [`127.0.0.1:${appPort}`],
        repeats: true,
      };
      const files = { 'answer.cfg': answering(appPort), 'hand.cfg': handConfiguration(hand), 'hand.pem': `${pair.cert}${pair.key}` };
      for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);
      await using _app = await startHaproxy({ name: `berth-bench-${appPort}`, image, directory, file: 'answer.cfg' });
      await using _hand = await startHaproxy({ name: `berth-bench-${handPort}`, image, directory, file: 'hand.cfg' });
      const urls = [`https://127.0.0.1:${edgePort}/`, `https://127.0.0.1:${handPort}/`];
      await Promise.all(urls.map(untilAnswered));
      const [values = [], peerValues = []] = await ratesByTurns(urls, { rounds, seconds }, say);
      const [ownNew = [], peerNew = []] = await ratesByTurns(urls, { rounds, seconds, close: true }, say);
      const by = { peer: 'HAProxy by hand' };
      return [
        againstByTurns({ metric: 'throughput', unit: 'requests/s', ...by, values, peerValues }, { atLeast: 0.95 }),
        againstByTurns({ metric: 'handshakes', unit: '1/s', ...by, values: ownNew, peerValues: peerNew }),
      ];
    } finally {
      await under.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** HAProxy asks an application every second whether it is there. */
async function untilAnswered(url: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  get(url, { rejectUnauthorized: false, agent: false }, (reply) => resolve(reply.resume().statusCode)).on('error', reject);
  if ((await promise.catch(() => undefined)) === 200) return;
  await sleep(100);
  await untilAnswered(url);
}

/** An application that costs as little as can be. */
function answering(port: number): string {
  return `defaults
  mode http
  timeout client 60s
  timeout connect 5s
  timeout server 60s
frontend answer
  bind 127.0.0.1:${port}
  http-request return status 200 content-type text/plain string ok
`;
}
