import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
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

const resolvers = `
import dns from 'node:dns/promises';
const cares = new dns.Resolver();
cares.setServers(['127.0.0.11']);
const seen = { cares: await cares.resolve4('api'), six: await cares.resolve6('api').catch((error) => error.code) };
seen.libc = (await dns.lookup('api', { all: true })).map(({ address }) => address);
console.log(JSON.stringify(seen));
`;

/** What the C library of the machine's own Python makes of the name. */
async function fromPython(caller: Caller): Promise<string> {
  const ask = `import socket; print(sorted({a[4][0] for a in socket.getaddrinfo('api', 3000, type=socket.SOCK_STREAM)}))`;
  const { stdout } = await caller.beside(['python3', '-c', ask]);
  return stdout === null ? '' : (await text(stdout)).trim();
}

test('the name of a service is one address for every resolver, and stays it over updates', async () => {
  await using site = await openSite();
  shop(site);
  await site.ok('up');
  await using caller = await Caller.open(`${site.name}_default`);
  const { services } = await site.json<{ services: { name: string; internal: { state: string; addresses: string[] } }[] }>('ps');
  const front = services.find((s) => s.name === 'api')?.internal;
  const [address = ''] = front?.addresses ?? [];
  expect(front).toMatchObject({ kind: 'front', state: 'running', addresses: [address], ports: [{ port: 3000, mode: 'http' }] });
  for (const version of ['1', '2']) {
    site.variables({ API: version });
    await site.ok('up');
    // musl takes an answer for a failure where the question for AAAA ends in anything but no data.
    expect(JSON.parse(await caller.node(resolvers))).toEqual({ cares: [address], six: 'ENODATA', libc: [address] });
    const looked = await caller.run('busybox', 'nslookup', 'api', '127.0.0.11');
    expect(looked.match(/^Address: .*$/gm), looked).toEqual([`Address: ${address}`]);
    expect(await fromPython(caller)).toBe(`['${address}']`);
  }
  expect(await caller.run('busybox', 'nslookup', `${site.name}-api-4`, '127.0.0.11')).toContain('Name:');
});

test('every TCP port that instances listen on is carried, also one that nobody wrote', async () => {
  await using site = await openSite();
  shop(site, {
    api: `    command: ["node", "-e", "import('/app/server.mjs'); require('net').createServer((s) => s.end('hello')).listen(7000)"]`,
  });
  await site.ok('up');
  await using caller = await Caller.open(`${site.name}_default`);
  const ask = `const s = (await import('node:net')).connect(7000, 'api'); let t = ''; for await (const p of s) t += p; console.log(t)`;
  expect(await caller.node(ask)).toBe('hello');
});

test("a front's process killed, and its containers started again in another order, without the server: calls go on", async () => {
  await using site = await openSite();
  shop(site);
  await site.ok('up');
  await site.ok('server', 'stop');
  await using caller = await Caller.open(`${site.name}_default`);
  const load = await caller.load(byName('http://api:3000/'));
  await load.requests(300);
  const [front = ''] = await frontsOf(site, 'api');
  process.kill(Number(await docker('inspect', '-f', '{{.State.Pid}}', front)), 'SIGKILL');
  await load.requests(800);
  const { streams } = await load.stop();
  for (const { longestGapMs } of Object.values(streams)) expect(longestGapMs).toBeLessThan(3000);

  const all = (await docker('ps', '-q', '--no-trunc', '--filter', `label=dev.berth.app=${site.name}`)).split('\n');
  await docker('stop', '-t', '1', ...all);
  for (const id of all.toReversed()) await docker('start', id);
  const until = performance.now() + 20_000;
  let said = '';
  while (!said.includes('"version":"1"') && performance.now() < until)
    said = await caller.node(asking).catch((error: unknown) => String(error));
  expect(said).toContain('"version":"1"');
}, 120_000);

const asking = `console.log(await (await fetch('http://api:3000/', { signal: AbortSignal.timeout(2000) })).text())`;

async function frontsOf(site: Site, service: string): Promise<string[]> {
  const wanted = [`label=dev.berth.app=${site.name}`, `label=dev.berth.service=${service}`, 'label=dev.berth.role=front'];
  return (await docker('ps', '-q', '--no-trunc', ...wanted.flatMap((w) => ['--filter', w]))).split('\n').filter(Boolean);
}

test('stop takes the front away and start brings it back at its address; down leaves nothing', async () => {
  await using site = await openSite();
  shop(site);
  await site.ok('up');
  await using caller = await Caller.open(`${site.name}_default`);
  const address = await caller.node(`console.log((await (await import('node:dns/promises')).lookup('api')).address)`);
  await site.ok('stop', 'api');
  expect(await frontsOf(site, 'api')).toEqual([]);
  await site.ok('start', 'api');
  expect(await caller.node(`console.log((await (await import('node:dns/promises')).lookup('api')).address)`)).toBe(address);
  expect(await caller.node(asking)).toContain('"version":"1"');
});

test('from plain DNS to a front and back no new connection is lost; kept ones may meet the end of an instance only on the way to a front', async () => {
  await using site = await openSite();
  shop(site, { api: '      internal: dns' });
  await site.ok('up');
  const plan = await site.json<{ services: { service: string; internal: unknown }[] }>('plan');
  expect(plan.services.find((s) => s.service === 'api')?.internal).toEqual({ kind: 'dns', why: 'the file says so' });
  await using caller = await Caller.open(`${site.name}_default`);
  for (const way of ['front', 'dns']) {
    const load = await caller.load(byName('http://api:3000/'));
    await load.requests(300);
    shop(site, { api: `      internal: ${way}` });
    await site.ok('up');
    await load.requests(300);
    const report = await load.stop();
    expect(report.streams['named-close']?.lost, losses(report)).toBe(0);
    // Only the instance itself can tell a caller whose connection it has to close it: each of the ten once at most.
    expect(report.streams['named-kept']?.lost, losses(report)).toBeLessThanOrEqual(way === 'front' ? 10 : 0);
  }
}, 120_000);

test('a front that gives up its name answers nobody that no instance is there, in the moment in which it has no network', async () => {
  await using site = await openSite();
  shop(site);
  await site.ok('up');
  const [front = ''] = await frontsOf(site, 'api');
  const pid = await docker('inspect', '-f', '{{.State.Pid}}', front);
  // Over its own loopback it can be called in that moment too.
  const calling = spawn('nsenter', ['-t', pid, '-n', process.execPath, '--input-type=module', '-e', callsUntilGone], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const answers = text(calling.stdout);
  // As a server leaves it that dies in the middle of such a change.
  await docker('pause', front);
  shop(site, { api: '      internal: dns' });
  await site.ok('up');
  expect(JSON.parse(await answers)).toEqual({ 200: expect.any(Number) });
}, 120_000);

/** Begins a request every other millisecond until nobody listens any more, and prints how often each status was answered. */
const callsUntilGone = `
import { get } from 'node:http';
const seen = {};
const timer = setInterval(() => {
  const asked = get('http://127.0.0.1:3000/', { agent: false }, (reply) => {
    seen[reply.statusCode] = (seen[reply.statusCode] ?? 0) + 1;
    reply.resume();
  });
  asked.on('error', () => clearInterval(timer));
}, 2);
process.on('exit', () => console.log(JSON.stringify(seen)));
`;

test('a client is told for how long a connection that it keeps can be used: not by the instance, by who holds it', async () => {
  await using site = await openSite();
  shop(site);
  await site.ok('up');
  await using caller = await Caller.open(`${site.name}_default`);
  const told = (url: string) => caller.node(`console.log((await fetch('${url}')).headers.get('keep-alive'))`);
  expect(await told('http://api:3000/')).toBe('timeout=58');
  expect((await fetch(site.url())).headers.get('keep-alive')).toBe('timeout=8');
  const [instance = ''] = await site.instances('api');
  expect(await told(`http://${await docker('inspect', '-f', '{{.Config.Hostname}}', instance)}:3000/`)).toBe('timeout=5');
});
