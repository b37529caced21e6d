import type { BerthError } from '../errors/index.ts';
import { Mutex } from '../kit/index.ts';
import { type Front, labels } from '../model/index.ts';
import type { Certificates, DataPlane, Engine, Fronts, Telemetry } from '../ports/index.ts';
import { accessLogPath, accessLogSocket, accessLogSource } from './access-log-source.ts';
import { keptSeconds } from './config/kept.ts';
import { logMount } from './config/render.ts';
import { CertificateFiles } from './container/certificates.ts';
import { ensureImage, type ImageSettings, proxyImage, renewImage } from './container/image.ts';
import { edgePlace, frontLabels, frontPlace, type Place } from './container/place.ts';
import { ProxyContainer } from './container/proxy-container.ts';
import { findPortHolder } from './port-holder.ts';
import { Proxy, type ProxyDeps } from './proxy.ts';
import { drain } from './runtime/drain.ts';
import { finish } from './runtime/finish.ts';

/** Everything that the proxies of one installation are made of. */
export type HaproxyOptions = Pick<ProxyDeps, 'clock' | 'host'> & {
  readonly engine: Engine;
  /** The installation's id, and its home for whoever meets its edge. */
  readonly installation: string;
  readonly home: string;
  /** A directory of the server's own, as the engine sees it too; it holds HAProxy's sockets. */
  readonly runDirectory: string;
  /** The same for the fronts, each of which has a directory in it. */
  readonly frontsDirectory: string;
  /** The server's user, who alone may use the sockets. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Whether this machine has IPv6. */
  readonly ipv6: boolean;
  readonly image: ImageSettings;
  /** Where the certificates of TLS listeners are; absent: there can be none. */
  readonly certificates?: Pick<Certificates, 'read'> | undefined;
  /** Who reads the access logs; absent: none are written. */
  readonly telemetry?: Pick<Telemetry, 'attend' | 'follow'> | undefined;
  /** Hears of failures that keep nothing from being served. */
  readonly onTrouble?: ((error: BerthError) => void) | undefined;
};

/** The edge of one host: HAProxy in a container of its own, which serves on without berth. */
export function createHaproxy(options: HaproxyOptions): DataPlane {
  return openProxy(options, edgePlace({ ...options, image: proxyImage(options.image), directory: options.runDirectory }));
}

/** The fronts of an installation's services, each a HAProxy in a container of its own. */
export function createFronts(options: HaproxyOptions): Fronts {
  const known = new Map<string, { readonly networks: string; readonly proxy: DataPlane }>();
  return {
    open(front) {
      const key = JSON.stringify([front.app, front.service]);
      const networks = JSON.stringify(front.networks);
      const before = known.get(key);
      if (before?.networks === networks) return before.proxy;
      const proxy = openProxy(
        options,
        frontPlace({ ...options, image: proxyImage(options.image), directory: options.frontsDirectory, front }),
      );
      known.set(key, { networks, proxy });
      return proxy;
    },
    async list(signal) {
      const found = await options.engine.listContainers({ labels: frontLabels(options.installation), all: true }, signal);
      const fronts = new Map<string, Pick<Front, 'app' | 'service'>>();
      for (const { labels: own } of found) {
        const front = { app: own[labels.app] ?? '', service: own[labels.service] ?? '' };
        fronts.set(JSON.stringify(front), front);
      }
      return [...fronts.values()];
    },
  };
}

/** An idle client is gone so soon after the time for which its connection is kept. */
const closingMs = 2_000;

function openProxy(options: HaproxyOptions, place: Place): DataPlane {
  const { engine, clock, host, installation, ipv6, image, telemetry, onTrouble } = options;
  const certificates = new CertificateFiles({ directory: place.directory, certificates: options.certificates });
  const container = new ProxyContainer({ engine, clock, image, place, certificates });
  const findHolder: ProxyDeps['findHolder'] = (listener, signal) => findPortHolder({ engine, host, installation }, listener, signal);
  const accessLog = telemetry === undefined ? undefined : `${logMount}/${accessLogSocket}`;
  const render = { ipv6, owner: place.owner, accessLog, role: place.role };
  const proxy = new Proxy({ container, certificates, clock, host, findHolder, render, onTrouble });
  const keptMs = keptSeconds[place.role] * 1000;
  const mutex = new Mutex();
  return {
    prepare: (signal) => ensureImage(engine, image, signal),
    renew: (signal) => renewImage(engine, image, signal),
    apply: (config, signal, how) =>
      mutex.run(async () => {
        telemetry?.attend(accessLogPath(place));
        try {
          return await proxy.apply(config, signal, how);
        } finally {
          // What was there before serves on, whatever became of the change.
          if (config.listeners.length > 0) telemetry?.follow(accessLogSource(place, config));
        }
      }),
    drained: (input, signal) => drain({ reach: (s) => proxy.reach(s), clock, keptMs }, input, signal),
    version: (wanted, signal) => proxy.version(wanted, signal),
    finished: ({ withinMs }, signal) =>
      finish({ reach: (s) => proxy.reach(s), tidy: (s) => mutex.run(() => proxy.tidy(s)), clock, keptMs }, withinMs, signal),
    stats: (signal) => proxy.stats(signal),
    portHolder: (input, signal) => proxy.portHolder(input, signal),
    remove: (signal, how) => mutex.run(() => container.remove(signal, how?.finishes === true ? keptMs + closingMs : 0)),
  };
}
