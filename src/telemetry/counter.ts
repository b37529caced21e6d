import type { LogSource, RequestCounts, ServiceTraffic, TrafficCounts, TrafficQuery } from '../ports/index.ts';
import { parseAccessLine, type Measures, type Way } from './access-line.ts';
import { Losses } from './losses.ts';
import { Ways, type KnownWay, type PlaceOfRequest } from './ways.ts';
import { beginningOf, Cell, Windows } from './windows.ts';

/** Requests of one route to one instance of one release. */
type Series = PlaceOfRequest & {
  release: number | undefined;
  readonly windows: Windows;
};

/** Counts lines of access logs by app, service, route, instance and release, within bounded memory. */
export class Counter {
  readonly #losses = new Losses();
  readonly #series = new Map<string, Series>();
  readonly #releases = new Map<string, number>();
  readonly #sources = new Map<string, LogSource>();
  readonly #ways = new Ways();
  /** Found once for each way, until something is learned or forgotten. */
  #seriesOfWays = new WeakMap<KnownWay, Series>();
  readonly #sinceMs: number;
  #settledAtMs: number;
  #lines = 0;

  /** `sinceMs`: nothing is known of before. */
  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs;
    this.#settledAtMs = sinceMs;
  }

  /** How many lines were counted, of whichever app. */
  get lines(): number {
    return this.#lines;
  }

  follow(source: LogSource): void {
    this.#sources.set(source.socket, source);
    this.#ways.forget(source.socket);
    this.#seriesOfWays = new WeakMap();
  }

  /** What was counted for the instance before its release was known is its as well. */
  learn({ app, name, release }: { readonly app: string; readonly name: string; readonly release: number }): void {
    this.#releases.set(instanceKey(app, name), release);
    this.#seriesOfWays = new WeakMap();
    for (const series of this.#series.values()) {
      if (series.app === app && series.instance === name) series.release ??= release;
    }
  }

  /** Counts a line of a source; what is no line of an access log is passed over. Answers whose it was. */
  take(socket: string, text: string, nowMs: number): Way | undefined {
    return this.#read(socket, text, (way, measures) => this.#count(way, measures, nowMs));
  }

  /** The same for a line that may have come before, from the memory of a HAProxy process that was replaced. */
  takeAgain(socket: string, text: string, nowMs: number): void {
    this.#read(socket, text, (way, measures) => {
      if (!this.#losses.isKnown(way.sequence, measures)) this.#count(way, measures, nowMs);
    });
  }

  /** A HAProxy process was replaced, and what it had left to say was read as far as it could be. */
  replaced(socket: string, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): void {
    this.#losses.note(socket, { kind: 'reload', fromMs, toMs });
  }

  /** To be called every second or so: gathers what has grown old, and notes what never came. */
  age(nowMs: number): void {
    this.#losses.settle(nowMs, this.#settledAtMs);
    this.#settledAtMs = nowMs;
    for (const [key, series] of this.#series) {
      series.windows.age(nowMs);
      if (!series.windows.isEmpty) continue;
      this.#series.delete(key);
      this.#seriesOfWays = new WeakMap();
    }
  }

  read({ app, service, spanMs }: TrafficQuery, nowMs: number): TrafficCounts {
    const wantedMs = beginningOf(nowMs - spanMs, nowMs);
    // The window that the counting began in was counted from then on.
    const fromMs = Math.max(wantedMs, this.#sinceMs);
    const firstMs = beginningOf(fromMs, nowMs);
    const mine = [...this.#series.values()].filter((s) => s.app === app && (service === undefined || s.service === service));
    const names = [...new Set(mine.map((s) => s.service))].toSorted();
    const isAsked = (socket: string): boolean => {
      const front = this.#sources.get(socket)?.front;
      return front === undefined || (front.app === app && (service === undefined || front.service === service));
    };
    const gaps = this.#losses.gaps(isAsked).filter((gap) => gap.toMs > wantedMs);
    return {
      fromMs,
      toMs: nowMs,
      services: names.map((name) =>
        serviceTraffic(
          name,
          mine.filter((s) => s.service === name),
          firstMs,
        ),
      ),
      gaps: fromMs > wantedMs ? [{ kind: 'unseen', fromMs: wantedMs, toMs: fromMs }, ...gaps] : gaps,
    };
  }

  #read(socket: string, text: string, handle: (way: KnownWay, measures: Measures) => void): Way | undefined {
    const line = parseAccessLine(text);
    const source = this.#sources.get(socket);
    const way = line && source && this.#ways.find(source, line.way);
    if (line === undefined || way === undefined) return undefined;
    handle(way, line.measures);
    return way.way;
  }

  #count(way: KnownWay, measures: Measures, nowMs: number): void {
    this.#losses.see(way.sequence, measures);
    // Kept by HAProxy from a time that is marked as not seen: some of it would be counted, and the rest not.
    if (way.place === undefined || measures.endMs < this.#sinceMs) return;
    this.#lines++;
    let series = this.#seriesOfWays.get(way);
    if (series === undefined) this.#seriesOfWays.set(way, (series = this.#seriesOf(way.place)));
    series.windows.record(measures, nowMs);
  }

  #seriesOf({ app, service, route, instance }: PlaceOfRequest): Series {
    const release = this.#releases.get(instanceKey(app, instance));
    const key = [app, service, route, instance, release ?? ''].join('\n');
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series: Series = { app, service, route, instance, release, windows: new Windows() };
    this.#series.set(key, series);
    return series;
  }
}

function serviceTraffic(name: string, series: readonly Series[], fromMs: number): ServiceTraffic {
  const reached = series.filter((s) => s.instance !== '');
  return {
    name,
    total: sumOf(series, fromMs),
    releases: grouped(reached, (s) => String(s.release ?? '')).map((group) => ({ release: group[0]?.release, ...sumOf(group, fromMs) })),
    instances: grouped(reached, (s) => `${s.instance} ${s.release ?? ''}`).map((group) => ({
      name: group[0]?.instance ?? '',
      release: group[0]?.release,
      ...sumOf(group, fromMs),
    })),
    routes: grouped(series, (s) => s.route).map((group) => ({ route: group[0]?.route ?? '', ...sumOf(group, fromMs) })),
  };
}

function grouped(series: readonly Series[], keyOf: (series: Series) => string): Series[][] {
  return [...Map.groupBy(series, keyOf)].toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })).map(([, group]) => group);
}

function sumOf(series: readonly Series[], fromMs: number): RequestCounts {
  const sum = new Cell();
  for (const { windows } of series) windows.addSince(fromMs, sum);
  const { requests, responses4xx, responses5xx, bytesIn, bytesOut, retries, latency } = sum;
  const [p50Ms, p95Ms, p99Ms] = latency.percentiles([0.5, 0.95, 0.99]);
  return { requests, responses4xx, responses5xx, p50Ms, p95Ms, p99Ms, bytesIn, bytesOut, retries };
}

function instanceKey(app: string, name: string): string {
  return `${app}/${name}`;
}
