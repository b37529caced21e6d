import { isSensitive } from '../../hide.ts';
import { child, itemsOf } from '../../text/node.ts';
import type { Facts, Rule, ServiceFacts } from '../rule.ts';
import { literalOf, textsOf, valuesOf, type Value } from '../values.ts';
import { placeholderIn } from './placeholder.ts';

/** Names beside those of secrets that say something about one, and are none. */
const harmlessName =
  /_(?:file|path|dir|id|name|user|ttl|expiry|expires|expiration|length|type|url|uri|header|enabled?|algorithm|policy)$|public|^allow_|_allow_|random/i;
const harmlessValue = /^(?:true|false|yes|no|on|off|none|null|\d{1,4}|\d+[smhd]|\/.*)$/i;
const address = /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:([^\s/@]+)@/i;

/** Keys by the form that their issuers gave them. */
const issued: readonly (readonly [what: string, form: RegExp])[] = [
  ['an access key of AWS', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a token of GitHub', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})/],
  ['a token of GitLab', /\bglpat-[\w-]{20,}/],
  ['a token of Slack', /\bxox[abprs]-[\w-]{10,}/],
  ['a key of Stripe', /\b[rs]k_live_\w{16,}/],
  ['a key of Google', /\bAIza[\w-]{35}/],
  ['a signed token', /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/],
  ['a private key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
];

/** What a text gives away, and in which words; undefined when nothing. */
export function secretIn(name: string, text: string): { readonly what: string; readonly secret: string } | undefined {
  if (text === '' || text.includes('${secret:') || placeholderIn(text) !== undefined) return undefined;
  const password = address.exec(text)?.[1];
  if (password !== undefined) return { what: 'a password in an address', secret: password };
  for (const [what, form] of issued) {
    const found = form.exec(text)?.[0];
    if (found !== undefined) return { what, secret: found };
  }
  if (isSensitive(name) && !harmlessName.test(name) && !harmlessValue.test(text)) return { what: 'a secret', secret: text };
  return isRandom(name, text) ? { what: 'what looks like a key', secret: text } : undefined;
}

/** Whether a text is so mixed that nobody thought of it: at least 24 characters with 4 bits in each. */
function isRandom(name: string, text: string): boolean {
  if (!/^[\w+/=.-]{24,}$/.test(text) || /(?:hash|digest|checksum|sha|commit|revision|version|image|_id)$/i.test(name)) return false;
  if (![/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(text)) || /^\/|\/\/|\.\w{2,4}$/.test(text)) return false;
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits >= 4;
}

/** Secrets that lie in the Compose file. */
export const literalSecret: Rule = {
  id: 'literal-secret',
  severity: 'warning',
  finds:
    'A key, password or token stands in the Compose file: by its name, its form, its randomness, or in an address (`postgres://user:password@host`).',
  why: 'Everybody who reads the repository has it, also after it was changed; and `docker inspect` shows the environment to everybody on the machine.',
  fix: 'Keep it with `berth secret set NAME`, and write `${secret:NAME}` under `x-berth.environment`, or a Compose secret; at the least, a variable: `${NAME:?}`.',
  *find(facts) {
    for (const { value, what, path } of literalSecrets(facts)) yield { mark: value.node.mark, message: `\`${path}\` holds ${what}` };
  },
};

/** Every secret that is written in a Compose file, with the text that must not be shown. */
export function* literalSecrets(
  facts: Facts,
): Generator<{ readonly value: Value; readonly what: string; readonly secret: string; readonly path: string }> {
  for (const service of facts.services) {
    for (const [path, name, value] of candidates(service)) {
      const literal = literalOf(value, facts);
      const found = literal === undefined ? undefined : secretIn(name, literal);
      if (found !== undefined) yield { value, ...found, path: `services.${service.name}.${path}` };
    }
  }
}

function* candidates({ node }: ServiceFacts): Generator<readonly [path: string, name: string, value: Value]> {
  for (const key of ['environment', 'labels', 'annotations'])
    for (const [name, value] of textsOf(child(node, key))) yield [`${key}.${name}`, name, value];
  for (const key of ['args', 'labels'])
    for (const [name, value] of textsOf(child(node, 'build', key))) yield [`build.${key}.${name}`, name, value];
  for (const key of ['command', 'entrypoint'])
    for (const item of itemsOf(child(node, key)))
      for (const value of valuesOf(item)) yield [key, /^--?([\w-]+)=/.exec(value.text)?.[1]?.replaceAll('-', '_') ?? '', value];
}
