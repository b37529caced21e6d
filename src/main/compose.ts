import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createBuilder, makePackagedImage } from '../build/index.ts';
import { connectEngine, type ConnectedEngine } from '../docker/index.ts';
import { createHaproxy } from '../haproxy/index.ts';
import { createHost, createProber } from '../host/index.ts';
import { systemClock } from '../kit/index.ts';
import { createRunner, type Target } from '../run/index.ts';
import type { Composition, CompositionInput } from './server.ts';

/** The longest file that the edge puts into its run directory is `/master.sock`; a socket's path has 107 bytes. */
const longestRunDirectory = 107 - '/runtime.sock'.length;

/** Builds the domain on the real adapters. The one place where they meet. */
export function compose({ store, ids, home, log }: CompositionInput): Composition {
  const clock = systemClock;
  const user = userInfo();
  const host = createHost({ home: home.directory, filesDirectory: join(home.directory, 'files'), userDirectory: homedir() });
  const targets = new Map<string, { target: Target; engine: ConnectedEngine }>();
  const environment = programEnvironment();

  const connect = (socket: string): Target => {
    const known = targets.get(socket);
    if (known !== undefined) return known.target;
    const engine = connectEngine({ socket, clock });
    const dataPlane = createHaproxy({
      engine,
      host,
      clock,
      installation: store.installation,
      home: home.directory,
      runDirectory: runDirectory(home.directory, dirname(home.socket)),
      owner: { uid: user.uid, gid: user.gid },
      ipv6: hasIpv6(),
      image: {
        bases: bases(),
        makeImage: (image, signal) => makePackagedImage({ engine, environment }, image, signal),
        onProgress: (message) => log.info({}, message),
      },
    });
    const builder = createBuilder({ engine, cacheDirectory: join(home.directory, 'build') });
    const target: Target = { socket, engine, dataPlane, builder };
    targets.set(socket, { target, engine });
    return target;
  };

  const runner = createRunner({
    store,
    clock,
    ids,
    host,
    prober: createProber(),
    connect,
    onTrouble: (error) => log.warn({ err: error }, error.message),
  });
  return {
    runner,
    engine: (socket) => {
      const chosen = socket ?? store.getSetting('engine.socket');
      return chosen === undefined ? undefined : connect(chosen).engine;
    },
    close: () => {
      for (const { engine } of targets.values()) engine.close();
    },
  };
}

/** Beside the server's socket, unless that makes the paths of HAProxy's sockets too long. */
function runDirectory(home: string, beside: string): string {
  const near = join(beside, 'edge');
  if (Buffer.byteLength(near) <= longestRunDirectory) return near;
  return join('/run', `berth-edge-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`);
}

function bases(): 'registry' | 'distro' | 'auto' {
  const wanted = process.env['BERTH_BASES'];
  return wanted === 'registry' || wanted === 'distro' ? wanted : 'auto';
}

/** What programs that make images need of the server's own surroundings. */
function programEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function hasIpv6(): boolean {
  try {
    return readFileSync('/proc/net/if_inet6', 'utf8').trim() !== '';
  } catch {
    // A kernel without IPv6 has no such file.
    return false;
  }
}
