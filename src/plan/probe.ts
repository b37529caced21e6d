import type { Pin, Probe, Service } from '../model/index.ts';

/** What an image says about health and ports. */
export type ImageFacts = { readonly healthcheck: boolean; readonly exposedPorts: readonly number[]; readonly volumes: readonly string[] };

/** The container port of routes and probes: written, else the first published, else that of a route, else exposed, else the image's lowest EXPOSE. */
export function servicePort(service: Service, image: ImageFacts, pin: Pin | undefined): number | undefined {
  const published = service.ports.find((p) => p.protocol === 'tcp')?.target;
  return (
    service.port ??
    published ??
    routeTargets(service)[0] ??
    service.expose[0] ??
    pin?.port ??
    image.exposedPorts.toSorted((a, b) => a - b)[0]
  );
}

/**
 * What was found about a service before, while it is about the port that the file leads to now, and the protocol that it says:
 * whoever moves a service to another port may have put another program there.
 */
export function fittingPin(service: Service, image: ImageFacts, pin: Pin | undefined): Pin | undefined {
  const isThere = pin?.port === undefined || pin.port === servicePort(service, image, pin);
  const isSpoken = service.protocol === undefined || service.protocol === pin?.protocol;
  return isThere && isSpoken ? pin : undefined;
}

/** The container ports that routes name. */
function routeTargets(service: Service): number[] {
  return service.routes.flatMap((route) => route.target ?? []);
}

/** Every TCP port that is known of a service before an instance runs: written ones, and those that the image exposes. */
export function knownPorts(service: Service, image: ImageFacts, port: number | undefined): number[] {
  const published = service.ports.filter((p) => p.protocol === 'tcp').map((p) => p.target);
  const all = [...(port === undefined ? [] : [port]), ...published, ...routeTargets(service), ...service.expose, ...image.exposedPorts];
  return [...new Set(all)].toSorted((a, b) => a - b);
}

/**
 * Ports of databases, queues and the like: they are asked by TCP at once, since some of them count an HTTP request as an
 * attack (MySQL blocks a host after `max_connect_errors`).
 */
const speaksNoHttp: ReadonlySet<number> = new Set([
  22, 25, 53, 143, 389, 465, 587, 993, 1433, 1521, 1883, 2181, 3306, 4222, 5432, 5672, 6379, 8883, 9042, 9092, 11_211, 26_257, 27_017,
]);

/** How readiness is asked: `x-berth.probe`, else Compose's health check, else the image's, else what was found before, else found now. */
export function resolveProbe(service: Service, image: ImageFacts, known: { port: number | undefined; pin: Pin | undefined }): Probe {
  if (service.probe !== undefined) return service.probe;
  const timing = { intervalMs: 1000, timeoutMs: 2000, successes: 2, withinMs: 60_000, ...definedOnly(service.probeTiming) };
  const own = service.healthcheck?.test;
  const isOff = own?.[0] === 'NONE';
  if (!isOff && (own !== undefined || image.healthcheck)) {
    return { check: { kind: 'health' }, ...timing, successes: 1, withinMs: Math.max(timing.withinMs, healthTimeMs(service)) };
  }
  if (known.pin !== undefined) return { check: known.pin.check, ...timing };
  if (known.port !== undefined && service.protocol !== 'http' && speaksNoHttp.has(known.port)) return { check: { kind: 'tcp' }, ...timing };
  if (known.port !== undefined && service.networkMode !== 'none') return { check: { kind: 'find' }, ...timing };
  return { check: { kind: 'uptime' }, ...timing, successes: 1, withinMs: Math.max(timing.withinMs, service.rollout.monitorMs * 4) };
}

/** The longest that a container's own health check can take to say healthy or unhealthy (Docker's defaults: 30 s, 30 s, 3). */
function healthTimeMs(service: Service): number {
  const h = service.healthcheck;
  const each = (h?.intervalMs ?? 30_000) + (h?.timeoutMs ?? 30_000);
  return (h?.startPeriodMs ?? 0) + (h?.retries ?? 3) * each + 5000;
}

function definedOnly<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** One short sentence part for people: which probe is used. */
export function describeProbe(probe: Probe, port: number | undefined): string {
  const { check } = probe;
  switch (check.kind) {
    case 'http':
      return `HTTP GET ${check.path} on port ${port ?? '?'}`;
    case 'tcp':
      return `TCP connect to port ${port ?? '?'}`;
    case 'health':
      return "the container's own health check";
    case 'uptime':
      return 'staying up';
    case 'find':
      return `found from outside on port ${port ?? '?'} (/up, /healthz, /health, /, then TCP)`;
  }
}
