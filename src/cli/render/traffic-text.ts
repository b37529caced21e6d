import type { TrafficReport } from '../../contract/index.ts';
import { count, duration, table, timeOfDay } from '../format.ts';
import type { Style } from '../style.ts';

export type TrafficInput = {
  readonly style: Style;
  /** Of the terminal, when it is one. */
  readonly columns: number | undefined;
  /** Also by instance and by route. */
  readonly detailed: boolean;
};

type Service = TrafficReport['services'][number];
type Counts = Omit<Service, 'name' | 'releases' | 'instances' | 'routes'>;

const head = ['REQ/S', '4XX', '5XX', 'P50', 'P95', 'P99', 'IN FLIGHT', 'IN', 'OUT', 'RETRIES'];

/** What the traffic did, as a table for people: a row for each service, and below it one for each release while there are several. */
export function trafficText(report: TrafficReport, { style, columns, detailed }: TrafficInput): string {
  const release = report.release === undefined ? 'no release yet' : `release ${report.release}`;
  const span = duration(Math.round((report.toMs - report.fromMs) / 1000) * 1000).replace('.0 s', ' s');
  const lines = [`${style.bold(report.app)}  ${release}  ${style.dim(`the last ${span}, ${timeOfDay(report.toMs)}`)}`];
  if (report.services.length === 0) lines.push('', 'no requests in this time');
  else lines.push('', aligned('SERVICE', report.services.flatMap(serviceRows), columns));
  if (detailed) {
    const instances = report.services.flatMap((s) => s.instances.map((i) => row(`${i.name} r${i.release ?? '?'}`, i)));
    const routes = report.services.flatMap((s) => s.routes.map((r) => row(r.route, r)));
    if (instances.length > 0) lines.push('', aligned('INSTANCE', instances, columns));
    if (routes.length > 0) lines.push('', aligned('ROUTE', routes, columns));
  }
  const gaps = report.gaps.map((gap) => style.yellow(gapText(gap)));
  return [...lines, ...(gaps.length > 0 ? ['', ...gaps] : [])].join('\n');
}

/** The same as one line for each service, with the time before it. */
export function trafficLine(report: TrafficReport): string {
  const at = timeOfDay(report.toMs);
  const gaps = report.gaps.map((gap) => `${at} ${gapText(gap)}`);
  if (report.services.length === 0) return [`${at} no requests`, ...gaps].join('\n');
  const lines = report.services.flatMap((s) =>
    serviceRows(s).map(([name = '', ...cells]) => {
      const what = name === s.name ? name : `${s.name} ${name.trim()}`;
      return `${at} ${what}: ${cells.map((cell, i) => `${head[i]?.toLowerCase()} ${cell}`).join(', ')}`;
    }),
  );
  return [...lines, ...gaps].join('\n');
}

function serviceRows(service: Service): string[][] {
  const releases = service.releases.length < 2 ? [] : service.releases.map((r) => row(`  release ${r.release ?? '?'}`, r));
  return [row(service.name, service), ...releases];
}

function row(name: string, c: Counts): string[] {
  const latencies = [c.p50Ms, c.p95Ms, c.p99Ms].map((ms) => (ms === undefined ? '-' : latency(ms)));
  const [inFlight, retries] = [c.inFlight ?? '-', c.retries].map(String);
  return [
    name,
    rate(c.perSecond),
    String(c.responses4xx),
    String(c.responses5xx),
    ...latencies,
    inFlight ?? '',
    bytes(c.bytesIn),
    bytes(c.bytesOut),
    retries ?? '',
  ];
}

/** Numbers stand at the right of their column. */
function aligned(first: string, rows: readonly string[][], columns: number | undefined): string {
  const all = [[first, ...head], ...rows];
  const widths = all[0]?.map((_, i) => Math.max(...all.map((cells) => cells[i]?.length ?? 0))) ?? [];
  const [titles = [], ...rest] = all.map((cells) => cells.map((cell, i) => (i === 0 ? cell : cell.padStart(widths[i] ?? 0))));
  return table(titles, rest, columns);
}

function rate(perSecond: number): string {
  return perSecond >= 100 ? String(Math.round(perSecond)) : perSecond.toFixed(1);
}

function latency(ms: number): string {
  return ms < 1000 ? `${ms} ms` : duration(ms);
}

function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let left = size;
  for (; left >= 1000 && unit < units.length - 1; unit++) left /= 1000;
  return `${unit === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`;
}

/** What is in no count, and why. */
function gapText({ kind, fromMs, toMs, lines }: TrafficReport['gaps'][number]): string {
  const when = `${timeOfDay(fromMs)}-${timeOfDay(toMs)}`;
  switch (kind) {
    case 'unseen':
      return `${when}: nobody counted (the server was not there, or had just started)`;
    case 'lost':
      return `${when}: ${count(lines ?? 0, 'request')} served but not counted (too many at once)`;
    case 'reload':
      return `${when}: HAProxy was reloaded or ended; what it served in its last moment may be missing`;
  }
}
