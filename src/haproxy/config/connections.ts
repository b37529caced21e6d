import type { Listener, RouteRules, Rule } from '../../model/index.ts';
import { networkAcl } from './forwarded.ts';
import { hostWord, nameWord, portWord, quoted, ruleHostWord } from './words.ts';

/** A rule that can take a connection of TCP, and what the access log calls it. */
type ConnectionTaker = {
  readonly rule: Rule | undefined;
  readonly rules: Pick<RouteRules, 'allow' | 'deny'>;
  readonly acl: string;
  readonly id: string;
};

/**
 * Which backend takes a connection of TCP, and who may not have it. It tells nothing but the address of the client and the
 * name in a TLS handshake: of one that goes through, or of the one that ended here.
 */
export function connectionRules(listener: Listener): string[] {
  const takers = connectionTakers(listener);
  return [
    ...(takers.some(({ rule }) => rule !== undefined) ? readName(listener) : []),
    ...takers.map(({ rule, id }) => `  tcp-request content set-var(txn.berth_route) ${quoted(`str("${id}")`)} if ${wayTo(rule)}`),
    ...takers.map(({ acl, id }) => `  acl ${acl} var(txn.berth_route) -m str ${quoted(id)}`),
    ...takers.flatMap(refused),
    ...takers.flatMap(({ rule, acl }) => (rule?.backend === undefined ? [] : [`  use_backend ${nameWord(rule.backend)} if ${acl}`])),
  ];
}

/** What the access log calls the way of a connection: `mail.example.com:993`, and `:5432` where no name is asked for. */
export function connectionId(host: string | undefined, { port }: Pick<Listener, 'port'>): string {
  return `${host === undefined ? '' : ruleHostWord(host)}:${portWord(port)}`;
}

/** Ways by name first, then what is left over where something has to be done with it. */
function connectionTakers(listener: Listener): ConnectionTaker[] {
  const named = listener.rules.filter((rule) => rule.host !== undefined);
  const rest = listener.fallbackRules === undefined ? [] : [{ rule: undefined, rules: listener.fallbackRules }];
  return [...named.map((rule) => ({ rule, rules: rule.rules ?? {} })), ...rest].map((one, n) => ({
    ...one,
    acl: `route_${n}`,
    id: connectionId(one.rule?.host, listener),
  }));
}

/** Waits for the first words of a client where they say the name; who says something else, or nothing for 5 s, has none. */
function readName({ tls }: Listener): string[] {
  const note = '  tcp-request content set-var(txn.berth_host)';
  if (tls !== undefined) return [`${note} ssl_fc_sni,lower`];
  return ['  tcp-request inspect-delay 5s', `${note} req.ssl_sni,lower if { req.ssl_hello_type 1 }`];
}

function wayTo(rule: Rule | undefined): string {
  const free = '!{ var(txn.berth_route) -m found }';
  if (rule?.host === undefined) return free;
  const is = rule.host.startsWith('*.') ? `end .${hostWord(rule.host)}` : `str ${hostWord(rule.host)}`;
  return `${free} { var(txn.berth_host) -m ${is} }`;
}

/** A name that leads to no backend is closed: its service is in maintenance. */
function refused({ rule, acl, rules: { allow = [], deny = [] } }: ConnectionTaker): string[] {
  const refuse = `  tcp-request content reject if ${acl}`;
  if (rule !== undefined && rule.backend === undefined) return [refuse];
  return [
    ...(deny.length === 0 ? [] : [...networkAcl(`${acl}_denied`, deny), `${refuse} ${acl}_denied`]),
    ...(allow.length === 0 ? [] : [...networkAcl(`${acl}_allowed`, allow), `${refuse} !${acl}_allowed`]),
  ];
}
