import { readdirSync, readFileSync } from 'node:fs';
import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { losses, sum } from '../../scripts/load/plan.ts';
import { Caller } from '../e2e/harness/caller.ts';
import { docker, Site } from '../e2e/harness/index.ts';
import { edgeContainer } from './kit/answering.ts';
import { against, atLeast, atMost, median, told, type Bench, type Measurement } from './kit/bench.ts';
import { handConfiguration, startHaproxy } from './kit/by-hand.ts';
import { updateMs } from './kit/shop.ts';

const updates = 20;
const replicas = 3;
const rounds = 7;
const roundRequests = 3000;

/** Calls between services lost over rolling updates, and what the front in between costs. */
export const frontRollout: Bench = {
  name: 'front-rollout',
  what: `calls from one service to another lost in ${updates} updates of the called one, and the latency and memory of its front`,
  how: `\`web\` asks \`api\` (${replicas} instances) by its name. Load through \`web\` from the machine, and straight at \`http://api:3000\` from a container on the app's network, each over kept and new connections, ≥ 1,000 requests a second together. Latency: ${rounds} rounds by turns of ${roundRequests} requests one after the other over kept connections, by the name, at the instances' own addresses by turns (one instance alone stays warmer than three do), and by the same HAProxy started by hand in front of them; the differences of the medians of p50. Memory: proportional set size of the front's HAProxy processes and of the engine's shim, after the load.`,
  async run(say) {
    await using site = await Site.open();
    site.compose(shopFile());
    site.variables({ VERSION: '1' });
    await site.ok('up');
    await using caller = await Caller.open(networkOf(site));
    const direct = await caller.load(named('http://api:3000/'));
    const through = new Load(mixedStreams(site.url('/via'), 200));
    await Promise.all([direct.requests(500), through.requests(500)]);
    let failed = 0;
    for (let update = 1; update <= updates; update++) {
      if ((await updateMs(site, update + 1, say)) === undefined) failed += 1;
      say(`update ${update} of ${updates}`);
    }
    const reports = await Promise.all([direct.stop(), through.stop()]);
    const totals = reports.map((report) => ({ ...sum(report), seconds: report.seconds }));
    const why = reports.map((report) => losses(report)).filter((text) => text !== '');
    if (why.length > 0) say(`lost: ${why.join('; ')}`);
    return [
      atMost(
        'calls lost',
        totals.reduce((n, t) => n + t.lost, 0),
        '',
        0,
      ),
      atMost('updates failed', failed, '', 0),
      told('calls straight at the name', totals[0]?.requests ?? 0, ''),
      told('calls through web', totals[1]?.requests ?? 0, ''),
      atLeast(
        'load',
        totals.reduce((n, t) => n + t.requests / t.seconds, 0),
        'requests/s',
        1000,
      ),
      ...(await latency(site, caller)),
      ...(await memory(site)),
    ];
  },
};

function shopFile(): string {
  const settings = `
      probe: { http: /, interval: 200ms, successes: 2, within: 30s }
      rollout: { drain: 10s, watch: 1s }`;
  return `services:
  web:
    image: $IMAGE
    ports: ["$PORT:3000"]
    deploy: { replicas: 2 }
    x-berth:${settings}
  api:
    image: $IMAGE
    environment: { VERSION: "\${VERSION:-1}" }
    deploy: { replicas: ${replicas} }
    x-berth:
      port: 3000${settings}
`;
}

const named = (url: string) => [
  { name: 'named-kept', url, connections: 25, keepAlive: true, perSecond: 1200 },
  { name: 'named-close', url, connections: 10, keepAlive: false, perSecond: 150 },
];

/** One client, one connection, one request after the other: what is measured is the way, not the queue. */
async function latency(site: Site, caller: Caller): Promise<Measurement[]> {
  const instances = await site.instances('api');
  const addresses = await Promise.all(instances.map((instance) => addressOf(site, instance)));
  await using hand = await startByHand(site, addresses);
  const urls = {
    name: ['http://api:3000/'],
    address: addresses.map((address) => `http://${address}:3000/`),
    hand: [`http://${await addressOf(site, hand.name)}:3000/`],
  };
  const seen = { name: [] as number[], address: [] as number[], hand: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (const way of ['address', 'name', 'hand'] as const) seen[way].push(await p50Ms(caller, urls[way]));
  }
  const byAddress = median(seen.address);
  const added = { value: median(seen.name) - byAddress, peerValue: median(seen.hand) - byAddress };
  return [
    told('p50 by the name', median(seen.name), 'ms'),
    told("p50 at the instances' addresses", byAddress, 'ms'),
    atMost('p50 added by the front', added.value, 'ms', 0.2),
    against({ metric: 'p50 added', unit: 'ms', peer: 'HAProxy by hand', ...added }),
  ];
}

/** A HAProxy of the same image on the app's network, with one thread like a front. */
async function startByHand(site: Site, addresses: readonly string[]): Promise<AsyncDisposable & { readonly name: string }> {
  const image = await docker('inspect', '-f', '{{.Config.Image}}', await edgeContainer(site));
  const servers = addresses.map((address) => `${address}:3000`);
  site.write('hand/haproxy.cfg', handConfiguration({ port: 3000, threads: 1, servers, repeats: true }));
  const name = `berth-hand-${site.name}`;
  const directory = `${site.directory}/hand`;
  const started = await startHaproxy({ name, image, directory, file: 'haproxy.cfg', network: networkOf(site) });
  return Object.assign(started, { name });
}

const networkOf = (site: Site) => `${site.name}_default`;

const addressOf = (site: Site, container: string) =>
  docker('inspect', '-f', `{{(index .NetworkSettings.Networks "${networkOf(site)}").IPAddress}}`, container);

async function p50Ms(caller: Caller, urls: readonly string[]): Promise<number> {
  const measured = await caller.node(`
import http from 'node:http';
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const urls = ${JSON.stringify(urls)};
const times = [];
const once = (url) => new Promise((resolve, reject) => {
  http.get(url, { agent }, (answer) => answer.resume().once('end', resolve)).once('error', reject);
});
for (let i = 0; i < ${roundRequests}; i++) {
  const startedMs = performance.now();
  await once(urls[i % urls.length]);
  times.push(performance.now() - startedMs);
}
console.log(times.toSorted((a, b) => a - b)[${roundRequests / 2}]);
process.exit(0);`);
  return Number(measured);
}

async function memory(site: Site): Promise<Measurement[]> {
  const wanted = [`label=dev.berth.app=${site.name}`, 'label=dev.berth.role=front'];
  const ids = (await docker('ps', '-q', '--no-trunc', ...wanted.flatMap((w) => ['--filter', w]))).split('\n').filter(Boolean);
  const sizes: number[] = [];
  for (const id of ids) {
    const pid = Number(await docker('inspect', '-f', '{{.State.Pid}}', id));
    sizes.push([parentOf(pid), ...withChildren(pid)].reduce((bytes, p) => bytes + proportionalBytes(p), 0));
  }
  return [told('fronts', ids.length, ''), atMost('memory of a front and its shim, the largest', Math.max(...sizes) / 1e6, 'MB', 20)];
}

const statOf = (pid: number): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
const parentOf = (pid: number): number => Number(statOf(pid)[1]);

function withChildren(pid: number): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const children = all.filter((each) => isChild(each, pid));
  return [pid, ...children.flatMap((child) => withChildren(child))];
}

/** Processes end while one looks. */
function isChild(each: number, parent: number): boolean {
  try {
    return parentOf(each) === parent;
  } catch {
    return false;
  }
}

function proportionalBytes(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`Process ${pid} tells no memory.`);
  return Number(kib) * 1024;
}
