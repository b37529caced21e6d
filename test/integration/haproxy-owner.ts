import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectEngine } from '../../src/docker/index.ts';
import { createHaproxy } from '../../src/haproxy/index.ts';
import { createHost } from '../../src/host/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import type { ProxyConfig } from '../../src/model/index.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import { ask, listenerOf, oneBackend, serverOf, socket, startApp } from './haproxy-kit.ts';
import { makePair, MemoryCertificates, shown } from './tls-kit.ts';

const run = promisify(execFile);

// Run as root: becomes a user who may use the engine and nothing else, and does what a server of that user does.
const uid = 1000;
const installation = `t-owner-${randomBytes(2).toString('hex')}`;
const container = `berth-edge-${installation}`;
const port = await freePort(2);
const runDirectory = await mkdtemp(join(tmpdir(), 't-edge-'));
await chown(runDirectory, uid, uid);
const { gid } = await stat(socket);
process.setgroups?.([gid]);
process.setgid?.(uid);
process.setuid?.(uid);

const engine = connectEngine({ socket, clock: systemClock });
const certificates = new MemoryCertificates();
const edge = createHaproxy({
  certificates,
  engine,
  clock: systemClock,
  host: createHost({ home: runDirectory, filesDirectory: runDirectory }),
  installation,
  home: runDirectory,
  runDirectory,
  frontsDirectory: runDirectory,
  owner: { uid, gid: uid },
  ipv6: false,
  image: { bases: 'distro', makeImage: () => Promise.reject(new Error('the image was made before')) },
});
const [a, b] = await Promise.all([startApp('a'), startApp('b')]);
try {
  const steps = [
    await edge.apply(oneBackend(port, [serverOf(a)])),
    await edge.apply(oneBackend(port, [serverOf(a, { state: 'drain' }), serverOf(b)])),
    await edge.apply({
      ...oneBackend(port, [serverOf(b)]),
      listeners: [listenerOf(port, 'shop.web.3000'), listenerOf(port + 1, undefined)],
    }),
  ];
  const secure = async (): Promise<ProxyConfig> => {
    const tls = { certificates: [certificates.put('a', await makePair({ name: 'a.test' }), ['a.test'])] };
    return { ...oneBackend(port, [serverOf(b)]), listeners: [listenerOf(port, 'shop.web.3000', { tls })] };
  };
  const first = await edge.apply(await secure());
  const renewed = await edge.apply(await secure());
  const { serial } = await shown(port);
  await run('docker', ['stop', '-t', '1', container]);
  await rm(join(runDirectory, 'tls'), { recursive: true });
  await run('docker', ['start', container]);
  const back = async (): Promise<string> => {
    const found = await shown(port).catch(() => undefined);
    return found?.serial ?? systemClock.sleep(20).then(back);
  };
  const kept = (await back()) === serial;
  const files = await Promise.all((await readdir(join(runDirectory, 'tls'))).map((name) => stat(join(runDirectory, 'tls', name))));
  const modes = [...new Set(files.map((s) => `${s.uid} ${(s.mode & 0o777).toString(8)}`))];
  const again = await edge.apply(await secure());
  const tls = { reloads: [first, renewed, again].map((s) => s.reloaded), kept, files: files.length, modes };
  await edge.apply(oneBackend(port, [serverOf(b)]));
  const sockets = await Promise.all(['edge.sock', 'master.sock'].map((name) => stat(join(runDirectory, name))));
  const owners = sockets.map((s) => `${s.uid} ${(s.mode & 0o777).toString(8)}`);
  const holder = await edge.portHolder({ address: '', port });
  console.log(
    JSON.stringify({
      uid: process.getuid?.(),
      reloads: steps.map((s) => s.reloaded),
      body: (await ask(port)).body,
      owners,
      tls,
      holder: holder ?? null,
    }),
  );
} finally {
  await edge.remove();
  await Promise.all([a.stop(), b.stop()]);
  engine.close();
  await rm(runDirectory, { recursive: true, force: true }).catch(() => undefined);
}
