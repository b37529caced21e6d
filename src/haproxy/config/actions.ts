import type { Listener, RouteRules } from '../../model/index.ts';
import { networkAcl } from './forwarded.ts';
import { answerOf, maintenancePage } from './pages.ts';
import { formatText, headerValueWord, portWord, prefixWord, quoted, rulePath, tokenWord } from './words.ts';
import type { Taker } from './selection.ts';
import { passedTable, failedTable, rateTable, usersOf } from './tables.ts';

/** What a rule does to the requests that it took, in the order in which a request meets it. */
export function ruleActions(taker: Taker, listener: Listener): string[] {
  const { rules } = taker.rule;
  if (rules === undefined) return [];
  return [
    ...toHttps(taker, rules, listener),
    ...maintenance(taker, rules),
    ...addresses(taker, rules),
    ...rateLimit(taker, rules),
    ...redirect(taker, rules),
    ...basicAuth(taker, rules),
    ...maxBody(taker, rules),
    ...rewrite(taker, rules),
    ...requestHeaders(taker, rules),
    ...responseHeaders(taker, rules, listener),
  ];
}

/** A trusted proxy may have ended TLS already. */
function toHttps({ acl }: Taker, { httpsRedirect }: RouteRules, listener: Listener): string[] {
  if (httpsRedirect === undefined || listener.tls !== undefined) return [];
  const port = httpsRedirect.port === 443 ? '' : `:${portWord(httpsRedirect.port)}`;
  const unless = listener.trustedProxies === undefined ? '' : ' !{ req.fhdr(X-Forwarded-Proto) -m str -i https }';
  return [`  http-request redirect location https://%[var(txn.berth_host)]${port}%[pathq] code 308 if ${acl}${unless}`];
}

function maintenance({ acl }: Taker, rules: RouteRules): string[] {
  return rules.maintenance === undefined ? [] : [`  http-request return ${maintenancePage(rules)} if ${acl}`];
}

function addresses({ acl }: Taker, rules: RouteRules): string[] {
  const { allow = [], deny = [] } = rules;
  const refuse = `  http-request return ${answerOf(403, rules)} if ${acl}`;
  return [
    ...(deny.length === 0 ? [] : [...networkAcl(`${acl}_denied`, deny), `${refuse} ${acl}_denied`]),
    ...(allow.length === 0 ? [] : [...networkAcl(`${acl}_allowed`, allow), `${refuse} !${acl}_allowed`]),
  ];
}

/** One client is an IPv4 address, or an IPv6 network of 64 bits, of which everybody has all addresses. */
const client = 'src,ipmask(32,64)';

function rateLimit(taker: Taker, rules: RouteRules): string[] {
  const table = rateTable(taker);
  if (table === undefined || rules.rateLimit === undefined) return [];
  const { requests, perMs } = rules.rateLimit;
  const answer = answerOf(429, rules, { retryAfter: Math.ceil(perMs / 1000) });
  return [
    `  http-request track-sc0 ${client} table berth/${table.name} if ${taker.acl}`,
    `  http-request return ${answer} if ${taker.acl} { sc_http_req_rate(0) gt ${requests} }`,
  ];
}

/**
 * `{query}` has its question mark with it, and leaves it out where the request has none. A place that begins with the path is
 * on the same host: `//elsewhere.example` would be another one (RFC 3986, 4.2).
 */
function redirect({ acl }: Taker, rules: RouteRules): string[] {
  if (rules.redirect === undefined) return [];
  const { to, code } = rules.redirect;
  const line = (query: string, when: string): string => {
    const begun = formatText(to).replace(/^\{path\}/, '%[path,regsub("^/+",/)]');
    const place = begun.replaceAll('{path}', '%[path]').replaceAll('{query}', query);
    return `  http-request redirect location ${quoted(place)} code ${code} if ${acl}${when}`;
  };
  return to.includes('{query}') ? [line('?%[query]', ' { query -m len gt 0 }'), line('', '')] : [line('', '')];
}

/** Hashing takes HAProxy's thread as long as the hash is strong, so a wrong password may be tried this often a minute. */
const triesAMinute = 20;

/**
 * Who passed once is known by the hash of what was sent, for ten minutes. Hashing the password at every request would let
 * all other requests wait: bcrypt of cost 10 takes 50 ms, of cost 12 200 ms.
 */
function basicAuth({ rule, acl }: Taker, rules: RouteRules): string[] {
  const users = usersOf(rule);
  if (users === undefined) return [];
  const known = `berth/${passedTable(users)}`;
  const sent = 'req.hdr(Authorization),sha2(256)';
  const passed = '{ var(txn.berth_passed) -m bool }';
  const failures = `{ ${client},table_gpc0_rate(berth/${failedTable}) ge ${triesAMinute} }`;
  const set = `  http-request set-var(txn.berth_passed) bool(true) if ${acl}`;
  const who = `hdr WWW-Authenticate ${quoted(`Basic realm="${rule.service}", charset="UTF-8"`)}`;
  return [
    `${set} { ${sent},in_table(${known}) }`,
    `  http-request return ${answerOf(429, rules, { retryAfter: 60 })} if ${acl} !${passed} ${failures}`,
    `${set} !${passed} { http_auth(${users}) }`,
    `  http-request track-sc1 ${sent} table ${known} if ${acl} ${passed}`,
    `  http-request track-sc2 ${client} table berth/${failedTable} if ${acl} !${passed} { req.hdr(Authorization) -m found }`,
    `  http-request sc-inc-gpc0(2) if ${acl} !${passed} { req.hdr(Authorization) -m found }`,
    `  http-request return ${answerOf(401, rules, { headers: who })} if ${acl} !${passed}`,
  ];
}

/** What a body may have that does not say its length, and what may stand before it: both fit into one buffer of 16 kB. */
const unsaidBody = { bodyBytes: 8000, headerBytes: 6000 } as const;

/**
 * A body whose length is not said before it comes cannot be counted on its way. A short one is held back until it is whole;
 * a longer one is refused, as is one that takes longer than 10 s (408).
 */
function maxBody({ acl }: Taker, rules: RouteRules): string[] {
  if (rules.maxBodyBytes === undefined) return [];
  const { bodyBytes, headerBytes } = unsaidBody;
  const isUnsaid = `${acl} { var(txn.berth_unsaid) -m bool }`;
  const note = `  http-request set-var(txn.berth_unsaid) bool(true) if ${acl} !{ req.hdr(Content-Length) -m found }`;
  const missing = `  http-request return ${answerOf(411, rules)} if ${isUnsaid}`;
  return [
    `${note} { req.hdr(Transfer-Encoding) -m found }`,
    `${note} { req.ver -m beg 2 3 } !{ method CONNECT }`,
    `${missing} { req.hdrs -m len gt ${headerBytes} }`,
    `  http-request wait-for-body time 10s at-least ${bodyBytes} if ${isUnsaid}`,
    `  http-request return ${answerOf(413, rules)} if ${acl} { req.body_size gt ${rules.maxBodyBytes} }`,
    `${missing} { req.body_len ge ${bodyBytes} }`,
  ];
}

/**
 * Both paths are as they stand in a request, still encoded. A request whose prefix is written in another way (`/%61pi`,
 * `/x/../api`) goes on as applications understand it: else what it asks for would not be below the new path.
 */
function rewrite({ rule, acl }: Taker, rules: RouteRules): string[] {
  if (rules.rewrite === undefined) return [];
  const prefix = prefixWord(rule.path).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const to = prefixWord(rules.rewrite);
  const [pattern, path] = to === '' ? [`^${prefix}/?(.*)$`, String.raw`/\1`] : [`^${prefix}(/.*)?$`, String.raw`${formatText(to)}\1`];
  const replace = `  http-request replace-path ${quoted(pattern)} ${quoted(path)} if ${acl}`;
  const decoded = rulePath(rule.path);
  if (decoded === '/') return [replace];
  const rest = `var(txn.berth_path),bytes(${Buffer.byteLength(decoded)}),url_enc,regsub("%2[fF]",/,g)`;
  const respelled = to === '' ? `/%[${rest},regsub("^/","")]` : `${formatText(to)}%[${rest}]`;
  const isOdd = '{ var(txn.berth_respelled) -m bool }';
  return [
    `  http-request set-var(txn.berth_respelled) bool(true) if ${acl} odd_path !{ path -m reg ${quoted(`^${prefix}(/.*)?$`)} }`,
    `  http-request set-path ${quoted(respelled)} if ${acl} ${isOdd}`,
    `${replace} !${isOdd}`,
  ];
}

function requestHeaders({ acl }: Taker, { requestHeaders: h }: RouteRules): string[] {
  return [
    ...(h?.remove ?? []).map((name) => `  http-request del-header ${tokenWord(name)} if ${acl}`),
    ...Object.entries(h?.set ?? {}).map(
      ([name, value]) => `  http-request set-header ${tokenWord(name)} ${headerValueWord(value)} if ${acl}`,
    ),
  ];
}

/** Also of what the edge answers itself. Browsers must not be told HSTS where the answer comes without TLS (RFC 6797, 7.2). */
function responseHeaders({ acl }: Taker, { responseHeaders: h, hsts }: RouteRules, listener: Listener): string[] {
  const set = { ...(hsts === undefined || listener.tls === undefined ? {} : { 'Strict-Transport-Security': hsts }), ...h?.set };
  return [
    ...(h?.remove ?? []).map((name) => `  http-after-response del-header ${tokenWord(name)} if ${acl}`),
    ...Object.entries(set).map(
      ([name, value]) => `  http-after-response set-header ${tokenWord(name)} ${headerValueWord(value)} if ${acl}`,
    ),
  ];
}
