import { expect, test } from 'vitest';
import { Caller } from './harness/caller.ts';
import { docker, freePort, get, Site } from './harness/index.ts';
import { sharedHome } from './harness/shared-home.ts';

const openSite = sharedHome();

/** An app whose `api` has a front and whose `web` is reached by a host name on a port that the apps share. */
function shop(site: Site, { port }: { port: number }): void {
  const settings = `probe: { http: /, interval: 200ms, successes: 1, within: 10s }
      rollout: { drain: 2s, watch: 1s }`;
  site.compose(`services:
  web:
    image: $IMAGE
    environment: { VERSION: "${site.name}" }
    x-berth:
      port: 3000
      routes: [{ host: ${site.name}.example.test, port: ${port} }]
      ${settings}
  api:
    image: $IMAGE
    environment: { VERSION: "${site.name}" }
    deploy: { replicas: 2 }
    x-berth:
      port: 3000
      ${settings}
`);
}

/** Every address of an app's containers, fronts among them. */
async function addressesOf(site: Site): Promise<string[]> {
  const ids = (await docker('ps', '-q', '--filter', `label=dev.berth.app=${site.name}`)).split('\n');
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
  return (await docker('inspect', '-f', format, ...ids)).split(/\s+/).filter((address) => address !== '');
}

const gatewayOf = async (network: string): Promise<string> =>
  docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', network);
const subnetOf = async (network: string): Promise<string> =>
  docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Subnet}}', network);

/** Which of the addresses let themselves be connected to on port 3000. */
async function reached(caller: Caller, addresses: readonly string[]): Promise<string[]> {
  const text = `
import net from 'node:net';
const open = (host) => new Promise((resolve) => {
  const socket = net.connect({ host, port: 3000, timeout: 1500 }, () => resolve(host));
  socket.once('error', () => resolve()).once('timeout', () => resolve());
});
console.log(JSON.stringify((await Promise.all(${JSON.stringify(addresses)}.map(open))).filter(Boolean)));
process.exit(0);`;
  return JSON.parse(await caller.node(text)) as string[];
}

test('a container with NET_ADMIN and routes of its own reaches no instance and no front of another app', async () => {
  await using apps = await both();
  const { a, b } = apps;
  const theirs = await addressesOf(b);
  expect(theirs.length).toBeGreaterThanOrEqual(5);
  const network = `${a.name}_default`;
  await using hostile = await Caller.open(network, '--cap-add', 'NET_ADMIN', '--user', '0');
  const [gateway, subnet] = [await gatewayOf(network), await subnetOf(`${b.name}_default`)];
  expect(await reached(hostile, await addressesOf(a)), 'its own app').toHaveLength((await addressesOf(a)).length);

  const prefix = subnet.replace(/\.0\/24$/, '');
  const attempts: readonly (readonly string[])[] = [
    ['route', 'replace', subnet, 'via', gateway],
    ['route', 'replace', subnet, 'dev', 'eth0'],
    ['addr', 'add', `${prefix}.250/24`, 'dev', 'eth0'],
    ['route', 'replace', subnet, 'via', gateway, 'src', `${prefix}.250`],
    ['addr', 'add', `${prefix}.1/32`, 'dev', 'eth0'],
    ['route', 'replace', subnet, 'via', gateway, 'src', `${prefix}.1`],
  ];
  for (const attempt of attempts) {
    await hostile.run('busybox', 'ip', ...attempt);
    expect(await reached(hostile, theirs), attempt.join(' ')).toEqual([]);
  }
  // They do answer, only not to it.
  await using own = await Caller.open(`${b.name}_default`);
  expect(await reached(own, theirs)).toEqual(expect.arrayContaining(theirs));
});

test('a name leads to the service of the own app, also where another app has a service of that name', async () => {
  await using apps = await both();
  const { a, b } = apps;
  for (const site of [a, b]) {
    await using caller = await Caller.open(`${site.name}_default`);
    expect(await caller.node(`console.log(await (await fetch('http://api:3000/')).text())`)).toContain(`"version":"${site.name}"`);
  }
});

test('apps of one home share a port by host name; a second home is told who holds it', async () => {
  await using apps = await both();
  const { a, b, port } = apps;
  for (const site of [a, b]) {
    const answer = await get(`http://127.0.0.1:${port}/`, { host: `${site.name}.example.test` });
    expect(answer).toMatchObject({ status: 200, body: { version: site.name } });
  }
  await using other = await Site.open();
  shop(other, { port });
  const refused = await other.berth('up');
  expect(refused.code).toBe(2);
  expect(refused.err).toContain(`Port ${port} is held by`);
  expect(refused.err).toContain(a.home);
});

/** Two apps of one home, up, on one port. */
async function both(): Promise<{ a: Site; b: Site; port: number } & AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const port = await freePort();
  const [a, b] = [stack.use(await openSite()), stack.use(await openSite())];
  for (const site of [a, b]) {
    shop(site, { port });
    await site.ok('up');
  }
  return { a, b, port, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
