import type { Listener } from '../../model/index.ts';
import { bindLines } from './binds.ts';
import { defaults } from './defaults.ts';
import { keptHint } from './kept.ts';
import type { RenderOptions } from './options.ts';
import { nameWord, portWord } from './words.ts';

/**
 * One thread carries what one service is called by its neighbours, and takes half the memory of two; so do tables for 4,000
 * connections. It is nobody from its start.
 */
export const frontGlobals: readonly string[] = ['  nbthread 1', '  fd-hard-limit 8192'];

/**
 * The defaults of a front. Its clients are programs: what HAProxy says by itself when nothing is ready stays short and its own
 * instead of being a page.
 */
export function frontDefaults(options: RenderOptions): string[] {
  return defaults(options).filter((line) => !line.startsWith('  http-error '));
}

/** A listener of a front, which changes nothing but what is said of the connection: callers and instances speak as if it were not there. */
export function frontFrontend(listener: Listener, options: RenderOptions): string[] {
  return [
    `frontend in_${portWord(listener.port)} from ${listener.mode}`,
    ...bindLines(listener, options.ipv6),
    ...(listener.mode === 'http' ? [keptHint(options.role)] : []),
    ...(listener.fallback === undefined ? [] : [`  default_backend ${nameWord(listener.fallback)}`]),
  ];
}
