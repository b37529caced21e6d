import { backendOwner } from '../model/index.ts';
import type { LogSource } from '../ports/index.ts';
import { parseWay, type Way } from './access-line.ts';
import { sequenceOf, type SequenceName } from './losses.ts';

/** Where requests are counted. */
export type PlaceOfRequest = {
  readonly app: string;
  readonly service: string;
  readonly route: string;
  /** '' for what HAProxy answered by itself. */
  readonly instance: string;
};

/** What the first part of a line says. */
export type KnownWay = {
  readonly way: Way;
  readonly sequence: SequenceName;
  /** Undefined where it is nobody's. */
  readonly place: PlaceOfRequest | undefined;
};

/** More than an installation has; a front that somebody took over may write anything. */
const most = 10_000;

/** Works out once what many lines begin with. */
export class Ways {
  readonly #bySocket = new Map<string, Map<string, KnownWay | undefined>>();

  find(source: LogSource, text: string): KnownWay | undefined {
    const known = this.#bySocket.get(source.socket);
    if (known?.has(text) === true) return known.get(text);
    const way = parseWay(text);
    const found = way && { way, sequence: sequenceOf(source.socket, way), place: placeOf(source, way) };
    if (known === undefined || known.size >= most) this.#bySocket.set(source.socket, new Map([[text, found]]));
    else known.set(text, found);
    return found;
  }

  /** To be called when the routes of a source may be others. */
  forget(socket: string): void {
    this.#bySocket.delete(socket);
  }
}

/** Whose a request was; of a front nothing is believed about others. */
function placeOf({ front, routes }: LogSource, way: Way): PlaceOfRequest | undefined {
  const isRouted = way.route !== '-' && way.route !== '';
  // Where HAProxy answered by itself, it names the frontend.
  const of = backendOwner(way.backend) ?? (isRouted ? routes[way.route] : undefined);
  if (of === undefined) return undefined;
  if (front !== undefined && (front.app !== of.app || front.service !== of.service)) return undefined;
  const instance = way.server.startsWith('<') ? '' : way.server;
  return { ...of, instance, route: isRouted ? way.route : portOf(way, front === undefined ? '' : ' (front)') };
}

/** Frontends are `in_<port>`, with an address behind it on the edge. */
function portOf({ frontend }: Way, suffix: string): string {
  return `:${/^in_(\d+)/.exec(frontend)?.[1] ?? '?'}${suffix}`;
}
