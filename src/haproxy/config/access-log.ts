import type { Backend } from '../../model/index.ts';
import type { RenderOptions } from './options.ts';

/** The variable of a HAProxy process that says when it read its configuration; with its pid, which process it is. */
const bornVariable = 'proc.berth_born';
/** Longer than any line below. */
const longestBytes = 4096;
/** What is kept for a server that is away or busy: some 40,000 lines of the edge, 10,000 of a front. */
export const ringBytes = { edge: 4_194_304, front: 1_048_576 } as const;

/**
 * One line of JSON a request. Nothing in it was chosen by a client, so nothing has to be escaped or cut: the route is the one
 * of the file, not what was asked for. What many lines have in common comes first, so that it is read once. The first number
 * counts the lines of a frontend without holes. `src/telemetry` reads it.
 */
const way = `%pid,%[var(${bornVariable})],"%f","%b","%s","%[var(txn.berth_route)]"`;
const formats = {
  http: `[${way},[%lc,%[date(0,ms)],%Ta,%U,%B,"%rc",%ST,%Tw,%Tc,%Tr]]`,
  tcp: `[${way},[%lc,%[date(0,ms)],%Tt,%U,%B,"%rc"]]`,
} as const;

/** Where lines go, for each `defaults` section: into HAProxy's own memory, which never keeps a request waiting. */
export function logTarget({ accessLog }: RenderOptions): string[] {
  return accessLog === undefined ? [] : [`  log ring@access len ${longestBytes} format raw local0`, '  option dontlognull'];
}

/** What a line says, for a `defaults` section. */
export function logFormat({ accessLog }: RenderOptions, mode: Backend['mode']): string[] {
  return accessLog === undefined ? [] : [`  log-format '${formats[mode]}'`];
}

/** For the section `global`. */
export function logGlobals({ accessLog }: RenderOptions): string[] {
  return accessLog === undefined ? [] : [`  set-var ${bornVariable} date(0,ms)`];
}

/** The memory that lines wait in, and the socket that they are sent to while somebody listens. */
export function logRing({ accessLog, role }: RenderOptions): string[] {
  if (accessLog === undefined) return [];
  return [
    'ring access',
    '  format raw',
    `  maxlen ${longestBytes}`,
    `  size ${ringBytes[role]}`,
    '  timeout connect 1s',
    '  timeout server 10s',
    `  server berth unix@${accessLog}`,
  ];
}
