import type { RenderOptions } from './options.ts';

type Role = RenderOptions['role'];

/**
 * For how many seconds a client's idle connection is kept, and therefore how long after a reload an old worker can get a request
 * more. Who sends a request into the closing loses it. Browsers, which call the edge, send it again; a program's pool often
 * does not, and keeps connections for ever (Node's `http.Agent`): the longer one stays open, the more seldom it is both idle for so
 * long and needed then. The edge is reloaded more often than a front, and what it keeps holds up the rollouts after that.
 */
export const keptSeconds: Readonly<Record<Role, number>> = { edge: 10, front: 60 };

/**
 * Tells clients for how long they can use an idle connection: two seconds less than it is kept, so that who heeds it lets go of
 * it before it is closed. It takes the place of what the instance says of its connection to HAProxy, as a hop-by-hop field must
 * (RFC 9110 §7.6.1). HTTP/2 has no such field, and HAProxy leaves it out there.
 */
export function keptHint(role: Role): string {
  return `  http-after-response set-header Keep-Alive timeout=${keptSeconds[role] - 2} unless { status 101 }`;
}
