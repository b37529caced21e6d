import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { docker, freePort, Site, web } from '../e2e/harness/index.ts';
import { answeringApp, edgeConfiguration, edgeContainer } from './kit/answering.ts';
import { atLeast, atMost, againstByTurns, told, type Bench, type Measurement } from './kit/bench.ts';
import { startHaproxy, withoutAccessLog } from './kit/by-hand.ts';
import { openCounting } from './kit/counting.ts';
import { childrenOf, cpuSeconds } from './kit/process.ts';
import { ratesByTurns } from './kit/wrk.ts';

const rounds = 20;
const seconds = 2;
const lines = 1_000_000;
const shares = [0.5, 0.95, 0.99] as const;

type Report = { readonly services: readonly { readonly requests: number }[]; readonly gaps: readonly { kind: string; lines?: number }[] };

/** What it costs to know what the traffic does, and how well it is known. */
export const accessLog: Bench = {
  name: 'access-log',
  what: 'requests a second with the access log against the same edge without it, lines lost, and percentiles against exact ones',
  how: `wrk with 64 kept connections for ${seconds} s, ${rounds} rounds by turns, medians and the median of the rounds' ratios: the edge, and a HAProxy that runs the edge's own configuration without its access log. Once with a HAProxy that answers by itself, so that the edge is the limit, and once with an application in Node, which then is. Lines lost are those that are missing in the numbers that HAProxy gives them, over all of these rounds. Then ${lines} lines of known latencies are written to a counting process as fast as it takes them: lines for each second of its processor time, and its percentiles beside those of the sorted latencies.`,
  async run(say) {
    return [...(await beside(say)), ...(await exactly(say))];
  },
};

async function beside(say: (progress: string) => void): Promise<Measurement[]> {
  await using site = await Site.open();
  site.compose(web({ replicas: 1 }));
  await site.ok('up');
  const image = await docker('inspect', '-f', '{{.Config.Image}}', await edgeContainer(site));
  const [counting] = childrenOf(await site.serverPid());
  if (counting === undefined) throw new Error('Nobody counts.');
  const before = { cpu: cpuSeconds(counting), requests: await counted(site) };
  const inNode = await throughput(site, { image, what: 'an application in Node, the limit' }, say);
  site.compose(answeringApp(image));
  await site.ok('up');
  const empty = await throughput(site, { image, what: 'answers that cost nothing' }, say);
  const after = { cpu: cpuSeconds(counting), requests: await counted(site) };
  const requests = after.requests.seen - before.requests.seen;
  return [
    againstByTurns(empty, { atLeast: 0.95 }),
    againstByTurns(inNode),
    told('lines taken', requests, 'lines'),
    atMost('lines lost', after.requests.lost - before.requests.lost, 'lines', 0),
    told('processor time of the counting process', ((after.cpu - before.cpu) / requests) * 1e6, 'µs/line'),
  ];
}

/** Requests a second through the edge, and through a HAProxy with the configuration that it has now, but for the log. */
async function throughput(
  site: Site,
  { image, what }: { readonly image: string; readonly what: string },
  say: (progress: string) => void,
): Promise<Parameters<typeof againstByTurns>[0]> {
  const port = await freePort();
  const folder = `peer-${port}`;
  const configuration = await edgeConfiguration(await edgeContainer(site));
  site.write(`${folder}/hand.cfg`, withoutAccessLog(configuration, { from: site.port, to: port }));
  const directory = `${site.directory}/${folder}`;
  await using _bare = await startHaproxy({ name: `berth-bench-${port}`, image, directory, file: 'hand.cfg', port });
  const urls = [site.url(), `http://127.0.0.1:${port}/`];
  const [values = [], peerValues = []] = await ratesByTurns(urls, { rounds, seconds }, say);
  return { metric: `throughput with the log, ${what}`, unit: 'requests/s', peer: 'the same edge without it', values, peerValues };
}

async function counted(site: Site): Promise<{ seen: number; lost: number }> {
  const { services, gaps } = await site.json<Report>('traffic', '--last', '3h');
  const lost = gaps.filter((gap) => gap.kind === 'lost').reduce((sum, gap) => sum + (gap.lines ?? 0), 0);
  return { seen: services.reduce((sum, s) => sum + s.requests, 0), lost };
}

async function exactly(say: (progress: string) => void): Promise<Measurement[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'berth-bench-'));
  try {
    const socket = path.join(directory, 'log/log.sock');
    await using counting = await openCounting(socket);
    const pid = counting.pid ?? 0;
    const latencies = Float64Array.from({ length: lines }, () => Math.floor(Math.exp(1 + 8 * Math.random() ** 2)));
    say(`writing ${lines} lines`);
    const before = cpuSeconds(pid);
    const startedMs = performance.now();
    await write(socket, latencies);
    const read = async () => (await counting.read({ app: 'bench', spanMs: 600_000 }))?.services[0]?.total;
    while (((await read())?.requests ?? 0) < lines) if (performance.now() - startedMs > 120_000) throw new Error('Lines are missing.');
    const wallSeconds = (performance.now() - startedMs) / 1000;
    const used = cpuSeconds(pid) - before;
    const total = await read();
    const sorted = latencies.toSorted();
    const found = [total?.p50Ms, total?.p95Ms, total?.p99Ms];
    const errors = shares.map((share, i) => {
      const exact = sorted[Math.ceil(share * lines) - 1] ?? 0;
      return Math.abs((found[i] ?? 0) - exact) / exact;
    });
    return [
      atLeast('lines taken on one core', lines / used, 'lines/s', 20_000),
      told('lines taken, wall clock', lines / wallSeconds, 'lines/s'),
      ...shares.map((share, i) => atMost(`p${share * 100} off exact`, (errors[i] ?? 1) * 100, '%', 1)),
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Writes lines as HAProxy does, no faster than they are taken. */
async function write(socketPath: string, latencies: Float64Array): Promise<void> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  const endMs = Date.now();
  const perWrite = 500;
  for (let from = 0; from < latencies.length; from += perWrite) {
    let text = '';
    for (const [i, ms] of latencies.subarray(from, from + perWrite).entries()) text += lineOf(from + i, ms, endMs);
    if (!socket.write(text)) await once(socket, 'drain');
  }
  socket.end();
  await once(socket, 'close');
}

/** A request that has just ended. */
function lineOf(n: number, ms: number, endMs: number): string {
  return `[8,1,"in_80_any","bench.web.3000","bench-web-${n % 3}","bench.test/",[${n},${endMs},${ms},83,73,"0",200,0,0,${ms}]]\n`;
}
