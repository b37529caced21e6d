import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile, readdir } from 'node:fs/promises';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHost, createProber } from './index.ts';

let directory = '';
const open: (http.Server | http2.Http2Server | net.Server)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-host-'));
});

afterEach(async () => {
  for (const server of open.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
  await rm(directory, { recursive: true });
});

function listen<T extends http.Server | http2.Http2Server | net.Server>(server: T, address: string): Promise<number> {
  open.push(server);
  return new Promise((resolve) => {
    server.listen(0, address, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
    });
  });
}

const host = () => createHost({ home: '/srv/berth', filesDirectory: join(directory, 'files'), root: directory, userDirectory: '/none' });
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('Host', () => {
  it('says what a process listens on and who holds a port', async () => {
    const port = await listen(net.createServer(), '127.0.0.1');
    expect(await host().listeners(process.pid)).toContainEqual({ address: '127.0.0.1', port });
    for (const address of ['', '0.0.0.0', '::', '127.0.0.1']) {
      expect(await host().listenerOn({ address, port })).toMatch(new RegExp(`^node \\(pid ${process.pid}\\)$`));
    }
    expect(await host().listenerOn({ address: '127.0.0.2', port })).toBeUndefined();
    expect(await host().listeners(2 ** 22)).toEqual([]);
  });

  it('keeps a file under a name of its content, mode and owner', async () => {
    const file = { sha256: sha256('secret'), content: Buffer.from('secret'), mode: 0o440 };
    expect(await host().findFile(file)).toBeUndefined();
    const path = await host().keepFile(file);
    expect(await readFile(path, 'utf8')).toBe('secret');
    expect((await stat(path)).mode & 0o777).toBe(0o440);
    expect(await host().keepFile(file)).toBe(path);
    expect(await host().findFile(file)).toBe(path);
    expect(await host().keepFile({ ...file, mode: 0o400 })).not.toBe(path);
    expect(await readdir(join(directory, 'files'))).toHaveLength(2);
    await expect(host().keepFile({ ...file, sha256: sha256('other') })).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('knows the enabled unit of this home from a unit of another', async () => {
    const units = join(directory, 'etc/systemd/system');
    await mkdir(join(units, 'multi-user.target.wants'), { recursive: true });
    await writeFile(join(units, 'berth.service'), 'Environment="BERTH_HOME=/srv/other"');
    await writeFile(join(units, 'berth-1.service'), 'Environment="BERTH_HOME=/srv/berth"');
    await symlink(join(units, 'berth.service'), join(units, 'multi-user.target.wants/berth.service'));
    expect(await host().startsAtBoot()).toBe(false);
    await symlink(join(units, 'berth-1.service'), join(units, 'multi-user.target.wants/berth-1.service'));
    expect(await host().startsAtBoot()).toBe(true);
  });

  it('knows a line for cron', async () => {
    await mkdir(join(directory, 'var/spool/cron/crontabs'), { recursive: true });
    const crontab = join(directory, 'var/spool/cron/crontabs/root');
    await writeFile(crontab, '# @reboot BERTH_HOME=/srv/berth berth server run\n');
    expect(await host().startsAtBoot()).toBe(false);
    await writeFile(crontab, '@reboot BERTH_HOME=/srv/berth /usr/bin/berth server run\n');
    expect(await host().startsAtBoot()).toBe(true);
  });
});

describe('Prober', () => {
  const prober = createProber();
  const address = '127.0.0.1';

  it('takes 200 to 399 for ready, follows nothing, and sends the Host it is given', async () => {
    const asked: (string | undefined)[] = [];
    const server = http.createServer((request, response) => {
      asked.push(`${request.headers.host} ${request.url}`);
      response.writeHead(Number(request.url?.slice(1)), { Location: '/200' }).end();
    });
    const port = await listen(server, address);
    const ask = (path: string) => prober.http({ address, port, path, host: 'shop.example.com', timeoutMs: 2000 });
    expect(await ask('/204')).toMatchObject({ ok: true, status: 204, outcome: '204' });
    expect(await ask('/302')).toMatchObject({ ok: true, status: 302 });
    expect(await ask('/404')).toMatchObject({ ok: false, status: 404, outcome: '404' });
    expect(await ask('/503')).toMatchObject({ ok: false, status: 503 });
    expect(asked).toEqual(['/204', '/302', '/404', '/503'].map((path) => `shop.example.com ${path}`));
  });

  it('speaks HTTP/2, and a PROXY header first, where an instance wants that', async () => {
    const server = http2.createServer((request, response) => {
      response.writeHead(request.authority === 'shop.test' && request.url === '/up' ? 204 : 500).end();
    });
    const h2 = await listen(server, address);
    const ask = { address, path: '/up', host: 'shop.test', timeoutMs: 2000 };
    expect(await prober.http({ ...ask, port: h2, h2: true })).toMatchObject({ ok: true, status: 204, outcome: '204' });
    expect(await prober.http({ ...ask, port: h2, h2: true, host: 'other' })).toMatchObject({ ok: false, status: 500 });
    const plain = await listen(http.createServer(), address);
    expect(await prober.http({ ...ask, port: plain, h2: true })).toMatchObject({
      ok: false,
      outcome: expect.stringMatching(/HTTP\/2|closed/),
    });
    const firsts: string[] = [];
    const behind = net.createServer((c) => c.once('data', (d) => c.end(`HTTP/1.1 200 OK\r\n\r\n${firsts.push(d.toString('latin1'))}`)));
    const port = await listen(behind, address);
    for (const sendProxy of ['v1', 'v2'] as const) expect(await prober.http({ ...ask, port, sendProxy })).toMatchObject({ ok: true });
    expect(firsts.map((text) => text.split('GET ')[0])).toEqual(['PROXY UNKNOWN\r\n', '\r\n\r\n\0\r\nQUIT\n\u0020\0\0\0']);
    expect(await prober.http({ ...ask, port: 9, h2: true })).toMatchObject({ ok: false, outcome: 'connection refused' });
  });

  it('says in words why there was no answer', async () => {
    const timeoutMs = 100;
    const silent = await listen(net.createServer(), address);
    const rude = await listen(
      net.createServer((c) => c.destroy()),
      address,
    );
    const other = await listen(
      net.createServer((c) => c.end('SSH-2.0-x\r\n')),
      address,
    );
    const http = async (port: number) => (await prober.http({ address, port, path: '/', timeoutMs })).outcome;
    expect(await http(silent)).toBe('no answer in 100 ms');
    expect(await http(rude)).toBe('connection closed without an answer');
    expect(await http(other)).toBe('not an HTTP answer');
    expect(await prober.tcp({ address, port: silent, timeoutMs })).toMatchObject({ ok: true, outcome: 'connected' });
    const free = await listen(net.createServer(), address);
    await new Promise((resolve) => open.pop()?.close(resolve));
    expect(await http(free)).toBe('connection refused');
    expect(await prober.tcp({ address, port: free, timeoutMs })).toMatchObject({ ok: false, outcome: 'connection refused' });
  });

  it('rejects with the reason of the signal', async () => {
    const port = await listen(net.createServer(), address);
    const reason = new Error('enough');
    const controller = new AbortController();
    const asked = prober.http({ address, port, path: '/', timeoutMs: 5000 }, controller.signal);
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await expect(prober.tcp({ address, port, timeoutMs: 5000 }, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
