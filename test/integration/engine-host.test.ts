import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine, findEngine, type ConnectedEngine } from '../../src/docker/index.ts';
import { createHost, createProber } from '../../src/host/index.ts';
import { importTinyImage } from '../contract/tiny-image.ts';
import { freePort } from '../e2e/harness/free-port.ts';

const prefix = `t-engine-h${process.pid}`;
const image = `${prefix}:1`;
const network = `${prefix}-net`;
const subnet = `10.212.${randomInt(256)}.0/24`;
const port = await freePort(2);
const labels = { 'contract.run': prefix };
const host = createHost({ home: '/nowhere', filesDirectory: '/nowhere' });
const prober = createProber();
let engine: ConnectedEngine;

beforeAll(async () => {
  const { socket } = await findEngine({ environment: process.env });
  engine = connectEngine({ socket, clock: Date });
  await importTinyImage(engine, { repository: prefix, tag: '1' });
  await engine.createNetwork({ Name: network, Labels: labels, IPAM: { Config: [{ Subnet: subnet }] } });
});

afterAll(async () => {
  const left = await engine.listContainers({ labels, all: true });
  await Promise.all(left.map((c) => engine.removeContainer(c.id, { force: true, volumes: true })));
  await engine.removeNetwork(network);
  await engine.removeImage(image);
  engine.close();
});

async function start(Cmd: readonly string[], more: Record<string, unknown> = {}): Promise<string> {
  const HostConfig = { NetworkMode: network, ...(more['HostConfig'] as object | undefined) };
  const id = await engine.createContainer(`${prefix}-${++count}`, { Image: image, Labels: labels, Cmd, ...more, HostConfig });
  await engine.startContainer(id);
  return id;
}
let count = 0;

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    // oxlint-disable-next-line no-await-in-loop
    if (await check()) return;
    // oxlint-disable-next-line no-await-in-loop
    await sleep(25);
  }
  throw new Error(`did not happen in 5 s: ${what}`);
}

async function textOf(output: AsyncIterable<{ data: Uint8Array }>): Promise<string> {
  return Buffer.concat((await Array.fromAsync(output)).map((p) => p.data)).toString();
}

describe('evidence about a container', () => {
  it.each([
    ['0.0.0.0', true],
    ['127.0.0.1', false],
  ])('sees that it listens on %s, and whether it can be reached', async (address, reachable) => {
    const id = await start(['/serve', '8080', '200', address]);
    const { pid = 0, networks } = (await engine.inspectContainer(id)) ?? {};
    const at = networks?.[network]?.address ?? '';
    await until('it listens', async () => (await host.listeners(pid)).length > 0);
    // The engine's DNS server at 127.0.0.11 listens in there as well, but is not the application's.
    expect(await host.listeners(pid)).toEqual([{ address, port: 8080 }]);
    const answer = await prober.http({ address: at, port: 8080, path: '/up', timeoutMs: 2000 });
    expect(answer).toMatchObject(reachable ? { ok: true, status: 200 } : { ok: false, outcome: 'connection refused' });
    expect(await host.routes()).toContain(subnet);
    await engine.removeContainer(id, { force: true });
  });

  it('tells its own sockets from the machine’s in the host’s network', async () => {
    const id = await start(['/serve', String(port), '200', '127.0.0.1'], { HostConfig: { NetworkMode: 'host' } });
    const { pid = 0 } = (await engine.inspectContainer(id)) ?? {};
    await until('it listens', async () => (await host.listeners(pid)).length > 0);
    expect(await host.listeners(pid)).toEqual([{ address: '127.0.0.1', port }]);
    expect(await host.listenerOn({ address: '', port })).toBe(`serve (pid ${pid})`);
    await engine.removeContainer(id, { force: true });
  });

  it('names the container behind a port that the engine forwards', async () => {
    const more = {
      ExposedPorts: { '8080/tcp': {} },
      HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port + 1) }] } },
    };
    const id = await start(['/serve', '8080'], more);
    const at = (await engine.inspectContainer(id))?.networks[network]?.address;
    expect(await host.listenerOn({ address: '127.0.0.1', port: port + 1 })).toMatch(
      new RegExp(`^docker-proxy \\(pid \\d+\\) for the container at ${at}:8080$`),
    );
    await engine.removeContainer(id, { force: true });
  });

  it('knows an out-of-memory kill', async () => {
    const memory = 16 * 1024 * 1024;
    const id = await start(['perl', '-e', 'my $x = "x" x 200_000_000; sleep 5'], { HostConfig: { Memory: memory, MemorySwap: memory } });
    expect(await engine.waitContainer(id)).toBe(137);
    expect(await engine.inspectContainer(id)).toMatchObject({ exitCode: 137, oomKilled: true });
    await engine.removeContainer(id, { force: true });
  });
});

describe('streams of a real container', () => {
  it('joins a line that the engine cut, and keeps its characters whole', async () => {
    const id = await start(['perl', '-e', 'print "ü" x 30_000, "\\n", "end\\n"']);
    await engine.waitContainer(id);
    const texts = (await Array.fromAsync(engine.containerLogs(id, {}))).map((l) => l.text);
    expect(texts).toEqual(['ü'.repeat(30_000), 'end']);
    await engine.removeContainer(id, { force: true });
  });

  it('reads the log of a container with a terminal', async () => {
    const id = await start(['sh', '-c', 'echo one; echo two'], { Tty: true });
    await engine.waitContainer(id);
    expect((await Array.fromAsync(engine.containerLogs(id, {}))).map((l) => l.text)).toEqual(['one', 'two']);
    await engine.removeContainer(id, { force: true });
  });

  it('gives a command a terminal of the wanted size', async () => {
    const id = await start(['sleep', '3600']);
    const session = await engine.openExec(id, { command: ['sh'], tty: true, stdin: true });
    await session.resize({ rows: 33, columns: 121 });
    // TIOCGWINSZ: the tiny image has no stty.
    await session.write(
      Buffer.from('perl -e \'ioctl(STDIN, 0x5413, my $s = " " x 8); print join("x", unpack("S2", $s)), " ready\\n"\'\nexit 4\n'),
    );
    expect(await textOf(session.output)).toContain('33x121 ready');
    expect(await session.exitCode()).toBe(4);
    await engine.removeContainer(id, { force: true });
  });

  it.each([
    ['nosuch', 'not-found'],
    ['/nosuch', 'not-found'],
    ['./nosuch', 'not-found'],
    ['/etc/passwd', 'not-executable'],
    ['./passwd', 'not-executable'],
    ['sh', undefined],
  ])('tells why %s could not begin', async (command, refusal) => {
    const id = await start(['sleep', '3600']);
    const session = await engine.openExec(id, {
      command: [command, '-c', 'echo own words; exit 127'],
      workingDir: '/etc',
      tty: false,
      stdin: false,
    });
    for await (const _ of session.output) expect(await session.refusal()).toBe(refusal);
    await engine.removeContainer(id, { force: true });
  });

  it('has no use for the size of a terminal whose command has ended', async () => {
    const id = await start(['sleep', '3600']);
    const session = await engine.openExec(id, { command: ['sh', '-c', 'echo over; exit 4'], tty: true, stdin: true });
    expect(await textOf(session.output)).toContain('over');
    await session.resize({ rows: 33, columns: 121 });
    expect(await session.exitCode()).toBe(4);
    await engine.removeContainer(id, { force: true });
  });

  it('carries megabytes in and out without loss', async () => {
    const id = await start(['sleep', '3600']);
    const session = await engine.openExec(id, { command: ['cat'], tty: false, stdin: true });
    const piece = Buffer.alloc(256 * 1024, 'berth');
    const reading = textOf(session.output);
    for (let n = 0; n < 40; n++) {
      // oxlint-disable-next-line no-await-in-loop
      await session.write(piece);
    }
    session.end();
    expect((await reading).length).toBe(40 * piece.length);
    expect(await session.exitCode()).toBe(0);
    await engine.removeContainer(id, { force: true });
  });

  it('ends a command’s stream with its signal', async () => {
    const id = await start(['sleep', '3600']);
    const controller = new AbortController();
    const reason = new Error('enough');
    const running = engine.exec(id, { command: ['sleep', '3600'] }, controller.signal);
    await until('it runs', async () => (await engine.containerStats(id))?.pids === 2);
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await engine.removeContainer(id, { force: true });
  });
});
