import type { Listener } from '../../model/index.ts';
import { bindLines } from './binds.ts';
import { defaults } from './defaults.ts';
import type { RenderOptions } from './options.ts';
import { nameWord, portWord } from './words.ts';

/**
 * One thread carries what one service is called by its neighbours, and takes half the memory of two; so do tables for 4,000
 * connections and half of HAProxy's usual cache of freed buffers (`tune.memory.hot-size`). It is nobody from its start.
 */
export const frontGlobals: readonly string[] = ['  nbthread 1', '  fd-hard-limit 8192', '  tune.memory.hot-size 262144'];

/**
 * The defaults of a front. Its clients are programs: what HAProxy says by itself when nothing is ready stays short and its own
 * instead of being a page.
 */
export function frontDefaults(options: RenderOptions): string[] {
  return defaults(options).filter((line) => !line.startsWith('  http-error '));
}

/** A listener of a front, which changes nothing in a request: callers and instances speak as if it were not there. */
export function frontFrontend(listener: Listener, options: RenderOptions): string[] {
  return [
    `frontend in_${portWord(listener.port)} from ${listener.mode}`,
    ...bindLines(listener, options.ipv6),
    ...(listener.fallback === undefined ? [] : [`  default_backend ${nameWord(listener.fallback)}`]),
  ];
}
