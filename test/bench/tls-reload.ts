import type { TLSSocket } from 'node:tls';
import { Load } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import type { ListenerCertificate, ProxyConfig } from '../../src/model/index.ts';
import { freePort } from '../e2e/harness/index.ts';
import { backendOf, listenerOf, openEdge, serverOf, startApp, type App } from '../integration/haproxy-kit.ts';
import { handshake, makePair, MemoryCertificates, type Pair } from '../integration/tls-kit.ts';
import { atMost, median, told, type Bench } from './kit/bench.ts';

const certificateChanges = 50;
const routeChanges = 20;
const tunnels = 10;
const longDrainMs = 5_000;
const backend = 'bench.web.routes';
const hosts = ['a.test', 'b.test', 'c.test'] as const;

/** Requests lost while certificates and routes change. */
export const tlsReload: Bench = {
  name: 'tls-reload',
  what: `requests and WebSockets lost in ${certificateChanges} certificate changes and ${routeChanges} route changes under load`,
  how: `The edge with ${hosts.length} certificates; load from another process over HTTP/1.1 (kept and new connections), HTTP/2 and WebSockets, each of which looks at the certificate; ${tunnels} more WebSockets are held from before the first change. A route change reloads HAProxy, a certificate change must not. At the end the only instance is drained: the WebSockets of all workers have ${longDrainMs / 1000} s, then are closed.`,
  async run(say) {
    const certificates = new MemoryCertificates();
    const [under, old, next] = await Promise.all([openEdge({ certificates }), startApp('old'), startApp('next')]);
    try {
      const shop = new Shop({ port: await freePort(), certificates, root: await makePair({ name: 'root', authority: true }) });
      for (const host of hosts) await shop.renew(host);
      await under.edge.apply(shop.config([old], []));
      const held = await Promise.all(Array.from({ length: tunnels }, () => shop.hold()));
      const load = new Load(shop.streams());
      await load.requests(500);
      const tookMs: number[] = [];
      let reloads = 0;
      for (let change = 1; change <= certificateChanges; change++) {
        await shop.renew(hosts[change % hosts.length] ?? hosts[0]);
        const startedMs = performance.now();
        if ((await under.edge.apply(shop.config([old], []))).reloaded) reloads += 1;
        tookMs.push(performance.now() - startedMs);
        await load.requests(100);
        if (Math.floor((change * routeChanges) / certificateChanges) > shop.paths) {
          shop.paths += 1;
          await under.edge.apply(shop.config([old], []));
          await load.requests(100);
        }
        say(`change ${change} of ${certificateChanges}, ${shop.paths} route changes`);
      }
      const report = await load.stop();
      if (losses(report) !== '') say(`lost: ${losses(report)}`);
      const early = held.filter((tunnel) => tunnel.closed).length;
      await under.edge.apply(shop.config([next], [old]));
      const drainedMs = performance.now();
      const wait = {
        backend,
        server: old.name,
        address: '127.0.0.1',
        port: old.port,
        mode: 'http',
        drainMs: longDrainMs,
        longDrainMs,
      } as const;
      const { closed } = await under.edge.drained(wait);
      const tooSoon = held.filter((tunnel) => tunnel.closed && tunnel.closedAtMs - drainedMs < longDrainMs - 100).length;
      const total = sum(report);
      return [
        atMost('requests lost', total.lost, '', 0),
        atMost('WebSockets closed before their drain time', early + tooSoon, '', 0),
        atMost('certificate changes that reloaded', reloads, '', 0),
        told('WebSockets closed after it', closed, ''),
        told('requests', total.requests, ''),
        told('load', total.requests / report.seconds, 'requests/s'),
        told('time of a certificate change', median(tookMs), 'ms'),
      ];
    } finally {
      await under.close();
      await Promise.all([old.stop(), next.stop()]);
    }
  },
};

/** A WebSocket that is held open, and when it was closed. */
type Held = { closed: boolean; closedAtMs: number };

/** What the bench changes: certificates by host, and how many routes there are. */
class Shop {
  paths = 0;
  readonly #port: number;
  readonly #root: Pair;
  readonly #certificates: MemoryCertificates;
  readonly #current = new Map<string, ListenerCertificate>();

  constructor(input: { readonly port: number; readonly root: Pair; readonly certificates: MemoryCertificates }) {
    this.#port = input.port;
    this.#root = input.root;
    this.#certificates = input.certificates;
  }

  async renew(host: string): Promise<void> {
    const pair = await makePair({ name: host, hosts: [host] }, this.#root);
    this.#current.set(host, this.#certificates.put(host, pair, [host]));
  }

  config(ready: readonly App[], draining: readonly App[]): ProxyConfig {
    const rules = Array.from({ length: this.paths }, (_, n) => ({ path: `/extra-${n}`, service: 'web', backend }));
    const servers = [...ready.map((app) => serverOf(app)), ...draining.map((app) => serverOf(app, { state: 'drain' }))];
    return {
      listeners: [listenerOf(this.#port, backend, { tls: { certificates: [...this.#current.values()] }, rules })],
      backends: [backendOf(backend, servers)],
    };
  }

  streams() {
    const stream = (name: string, host: string, connections: number, perSecond: number) => ({
      name,
      connections,
      perSecond,
      keepAlive: true,
      url: `https://127.0.0.1:${this.#port}/`,
      tls: { ca: this.#root.cert, servername: host },
    });
    return [
      stream('kept', 'a.test', 16, 400),
      { ...stream('close', 'b.test', 6, 60), keepAlive: false },
      { ...stream('h2', 'c.test', 16, 400), protocol: 'h2' as const },
      { ...stream('websocket', 'a.test', 10, 100), protocol: 'websocket' as const },
    ];
  }

  async hold(): Promise<Held> {
    const socket: TLSSocket = await handshake(this.#port, { ca: this.#root.cert, servername: 'a.test', rejectUnauthorized: true });
    const held: Held = { closed: false, closedAtMs: 0 };
    socket.on('close', () => Object.assign(held, { closed: true, closedAtMs: performance.now() })).on('error', () => socket.destroy());
    const upgraded = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    socket.write(`GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`);
    const head = (await upgraded).toString();
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(head);
    socket.resume();
    return held;
  }
}
