import { sha256, stableJson } from '../../kit/index.ts';
import type { Listener, Rule } from '../../model/index.ts';
import { takersOf, type Taker } from './selection.ts';
import { userWords } from './words.ts';

const short = (value: unknown): string => sha256(stableJson(value)).slice(0, 12);

/** The counters of a rule's clients; the same for all listeners that the rule is on, and over changes of the limit. */
export function rateTable({ rule, id }: Taker): { readonly name: string; readonly perMs: number } | undefined {
  const perMs = rule.rules?.rateLimit?.perMs;
  return perMs === undefined ? undefined : { name: `rate_${short([rule.backend, rule.service, id, perMs])}`, perMs };
}

/** The name of the list of those who may pass a rule. */
export function usersOf({ rules }: Rule): string | undefined {
  return rules?.basicAuth === undefined ? undefined : `users_${short(rules.basicAuth)}`;
}

/** Who of a list of users passed lately. */
export const passedTable = (users: string): string => `passed_${users.replace('users_', '')}`;
/** How often a client sent a wrong password. */
export const failedTable = 'failed';

/** A client takes about 100 bytes, and only while it is counted. */
const clients = '100k';

/**
 * The tables that rules count in. As a peer of itself, HAProxy hands them on at a reload. The socket is in the container's own
 * memory file system, where nobody else is.
 */
export function tables(listeners: readonly Listener[]): string[] {
  const takers = listeners.flatMap((l) => (l.mode === 'http' ? takersOf(l.rules) : []));
  const rates = new Map(takers.flatMap((t): [string, number][] => entryOf(rateTable(t))));
  const users = new Map(takers.flatMap(({ rule }): [string, Rule][] => withUsers(rule)));
  const lines = [
    ...[...rates].map(([name, ms]) => `  table ${name} type ipv6 size ${clients} expire ${ms}ms store http_req_rate(${ms}ms)`),
    ...[...users.keys()].map((name) => `  table ${passedTable(name)} type binary len 32 size 1k expire 10m`),
    ...(users.size === 0 ? [] : [`  table ${failedTable} type ipv6 size ${clients} expire 60s store gpc0,gpc0_rate(60s)`]),
  ];
  if (lines.length === 0) return [];
  return [
    'peers berth',
    '  bind unix@/dev/shm/berth-peers.sock mode 666',
    '  server berth',
    ...lines,
    ...[...users].flatMap(([name, rule]) => [
      `userlist ${name}`,
      ...Object.entries(rule.rules?.basicAuth ?? {}).map(([user, hash]) => `  ${userWords(user, hash)}`),
    ]),
  ];
}

function entryOf(table: ReturnType<typeof rateTable>): [string, number][] {
  return table === undefined ? [] : [[table.name, table.perMs]];
}

function withUsers(rule: Rule): [string, Rule][] {
  const name = usersOf(rule);
  return name === undefined ? [] : [[name, rule]];
}
