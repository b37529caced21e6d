import { chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine } from '../../src/docker/index.ts';
import { createHaproxy } from '../../src/haproxy/index.ts';
import { createHost } from '../../src/host/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import { ask, listenerOf, oneBackend, serverOf, socket, startApp } from './haproxy-kit.ts';

// Run as root: becomes a user who may use the engine and nothing else, and does what a server of that user does.
const uid = 1000;
const port = 18_380;
const runDirectory = await mkdtemp(join(tmpdir(), 't-edge-'));
await chown(runDirectory, uid, uid);
const { gid } = await stat(socket);
process.setgroups?.([gid]);
process.setgid?.(uid);
process.setuid?.(uid);

const engine = connectEngine({ socket, clock: systemClock });
const edge = createHaproxy({
  engine,
  clock: systemClock,
  host: createHost({ home: runDirectory, filesDirectory: runDirectory }),
  installation: 't-edge-owner',
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
  const sockets = await Promise.all(['edge.sock', 'master.sock'].map((name) => stat(join(runDirectory, name))));
  const owners = sockets.map((s) => `${s.uid} ${(s.mode & 0o777).toString(8)}`);
  const holder = await edge.portHolder({ address: '', port });
  console.log(
    JSON.stringify({
      uid: process.getuid?.(),
      reloads: steps.map((s) => s.reloaded),
      body: (await ask(port)).body,
      owners,
      holder: holder ?? null,
    }),
  );
} finally {
  await edge.remove();
  await Promise.all([a.stop(), b.stop()]);
  engine.close();
  await rm(runDirectory, { recursive: true, force: true }).catch(() => undefined);
}
