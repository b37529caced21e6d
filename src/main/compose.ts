import { readFileSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createBuilder, makePackagedImage } from '../build/index.ts';
import type { Home } from '../client/index.ts';
import { createCertificates, machineNames } from '../certificates/index.ts';
import { connectEngine, type ConnectedEngine } from '../docker/index.ts';
import { createFronts, createHaproxy, type HaproxyOptions } from '../haproxy/index.ts';
import { createHost, createProber } from '../host/index.ts';
import { systemClock } from '../kit/index.ts';
import type { Certificates, Host, Store, Telemetry } from '../ports/index.ts';
import { createRunner, socketSetting, type Target } from '../run/index.ts';
import { createSealer, createSecretProvider } from '../secrets/index.ts';
import type { Log } from '../server/index.ts';
import { createTelemetry } from '../telemetry/index.ts';
import type { Composition, CompositionInput } from './server.ts';

/** Builds the domain on its real adapters. */
export function compose({ store, ids, home, log, redactor }: CompositionInput): Composition {
  const userDirectory = process.env['HOME'];
  const host = createHost({ home: home.directory, filesDirectory: home.filesDirectory, userDirectory });
  const machine = { name: hostname(), names: machineNames };
  const certificates = createCertificates({ directory: home.keysDirectory, clock: systemClock, machine });
  const telemetry = createTelemetry({ entry: telemetryEntry(), clock: systemClock, onTrouble: (message) => log.error({}, message) });
  const targets = new Map<string, Target & { readonly engine: ConnectedEngine }>();
  const connect = (socket: string) => {
    const target = targets.get(socket) ?? openTarget({ socket, store, home, host, certificates, telemetry, log });
    targets.set(socket, target);
    return target;
  };
  return {
    runner: createRunner({
      store,
      clock: systemClock,
      ids,
      host,
      connect,
      prober: createProber(),
      certificates,
      telemetry,
      sealer: createSealer({ keyFile: join(home.keysDirectory, 'secrets.key') }),
      secretProvider: createSecretProvider(),
      redactor,
      onTrouble: (error) => log.error({ err: error }, error.message),
    }),
    engine(socket = store.getSetting(socketSetting)) {
      return socket === undefined ? undefined : connect(socket).engine;
    },
    async close() {
      await telemetry[Symbol.asyncDispose]();
      for (const { engine } of targets.values()) engine.close();
    },
  };
}

type TargetInput = {
  readonly socket: string;
  readonly store: Store;
  readonly home: Home;
  readonly host: Host;
  readonly certificates: Certificates;
  readonly telemetry: Telemetry;
  readonly log: Log;
};

function openTarget({
  socket,
  store,
  home,
  host,
  certificates,
  telemetry,
  log,
}: TargetInput): Target & { readonly engine: ConnectedEngine } {
  const engine = connectEngine({ socket, clock: systemClock });
  const haproxy: HaproxyOptions = {
    engine,
    host,
    clock: systemClock,
    installation: store.installation,
    home: home.directory,
    runDirectory: home.edgeDirectory,
    frontsDirectory: home.frontsDirectory,
    owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    ipv6: hasIpv6(),
    certificates,
    telemetry,
    onTrouble: (error) => log.error({ err: error }, error.message),
    image: {
      bases: toBases(process.env['BERTH_BASES']),
      reference: process.env['BERTH_HAPROXY_IMAGE'] || undefined,
      makeImage: (image, signal) => makePackagedImage({ engine, environment: ownEnvironment() }, image, signal),
      onProgress: (message) => log.info({}, message),
    },
  };
  return {
    socket,
    engine,
    dataPlane: createHaproxy(haproxy),
    fronts: createFronts(haproxy),
    builder: createBuilder({ engine, cacheDirectory: home.cacheDirectory }),
  };
}

/** The program that counts lies beside the one that runs. */
function telemetryEntry(): string {
  const own = realpathSync(process.argv[1] ?? '');
  return join(dirname(own), own.endsWith('.ts') ? 'telemetry.ts' : 'telemetry.cjs');
}

function toBases(text: string | undefined): 'registry' | 'distro' | 'auto' {
  return text === 'registry' || text === 'distro' ? text : 'auto';
}

function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** A kernel without IPv6 has no such file; one with IPv6 switched off has an empty one. */
function hasIpv6(): boolean {
  try {
    return readFileSync('/proc/net/if_inet6', 'utf8').trim() !== '';
  } catch {
    return false;
  }
}
