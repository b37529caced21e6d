import { hostProblem, pathProblem } from '../../text/route-forms.ts';

/** What one way through a rule demands; absent means any. `exact`: the path and nothing below it. */
export type Match = { readonly host?: string; readonly path?: string; readonly exact?: true };

/** A sentence on why a rule cannot be taken. */
class NotUnderstood extends Error {}

/**
 * Reads a rule of Traefik (`Host(…) && PathPrefix(…) || …`) as the ways through it. What cannot be said by a host and a
 * path prefix is answered as a text that says so: without that part a route would let more through.
 */
export function parseRule(rule: string): readonly Match[] | string {
  try {
    const parser = new Parser(rule);
    const matches = parser.run();
    return matches.length === 0 ? 'can never match' : matches;
  } catch (error) {
    if (error instanceof NotUnderstood) return error.message;
    throw error;
  }
}

const token = /\s*(?:(\|\||&&|[!(),])|([A-Za-z]+)|`([^`]*)`|"([^"]*)"|'([^']*)')/y;

type Token = { readonly kind: 'sign' | 'name' | 'text'; readonly text: string };

function tokensOf(rule: string): Token[] {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  for (let at = 0; at < rule.trimEnd().length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(rule);
    if (found === null) throw new NotUnderstood(`cannot be read from \`${rule.slice(at).trim()}\` on`);
    const [, sign, name, ...texts] = found;
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else tokens.push({ kind: 'text', text: texts.find((text) => text !== undefined) ?? '' });
  }
  return tokens;
}

/** Reads `||` over `&&` over calls and parentheses; each part is a list of ways through it. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(rule: string) {
    this.#tokens = tokensOf(rule);
  }

  run(): Match[] {
    const matches = this.#either();
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw new NotUnderstood(`has a \`${rest.text}\` that does not belong there`);
    return matches;
  }

  #either(): Match[] {
    const ways = this.#both();
    while (this.#takes('||')) ways.push(...this.#both());
    return ways;
  }

  #both(): Match[] {
    let ways = this.#one();
    while (this.#takes('&&')) {
      const more = this.#one();
      ways = ways.flatMap((a) => more.flatMap((b) => both(a, b)));
    }
    return ways;
  }

  #one(): Match[] {
    if (this.#takes('(')) {
      const ways = this.#either();
      this.#needs(')');
      return ways;
    }
    const { kind, text } = this.#next();
    if (text === '!') throw new NotUnderstood('says what it does not match (`!`)');
    if (kind !== 'name') throw new NotUnderstood(`has a \`${text}\` that does not belong there`);
    return this.#call(text);
  }

  #call(name: string): Match[] {
    const args: string[] = [];
    this.#needs('(');
    do {
      const arg = this.#next();
      if (arg.kind !== 'text') throw new NotUnderstood(`has a \`${arg.text}\` that does not belong there`);
      args.push(arg.text);
    } while (this.#takes(','));
    this.#needs(')');
    return args.map((arg) => matchOf(name, arg));
  }

  #takes(sign: string): boolean {
    const found = this.#tokens[this.#at];
    if (found?.kind !== 'sign' || found.text !== sign) return false;
    this.#at++;
    return true;
  }

  #needs(sign: string): void {
    if (!this.#takes(sign)) throw new NotUnderstood(`lacks a \`${sign}\``);
  }

  #next(): Token {
    const found = this.#tokens[this.#at++];
    if (found === undefined) throw new NotUnderstood('ends too early');
    return found;
  }
}

function matchOf(name: string, arg: string): Match {
  switch (name.toLowerCase()) {
    case 'host':
    case 'hostheader':
    case 'hostsni':
      return arg === '*' ? {} : hostMatch(arg);
    case 'hostregexp':
    case 'hostsniregexp':
      return regexpMatch(name, arg);
    case 'pathprefix':
      return pathMatch(arg);
    case 'path':
      return { ...pathMatch(arg), exact: true };
    default:
      throw new NotUnderstood(`asks for \`${name}\``);
  }
}

function hostMatch(host: string): Match {
  const wrong = hostProblem(host);
  if (wrong !== undefined) throw new NotUnderstood(`has the host \`${host}\`, which ${wrong}`);
  return { host: host.toLowerCase() };
}

/** `{any:.+}.example.com` (version 2) and `^.+\.example\.com$` (version 3): a first part that may be anything. */
function regexpMatch(name: string, pattern: string): Match {
  const anything = String.raw`(?:\.[+*]|\[[a-z0-9A-Z\\w_-]+\][+*]|\[\^\.\][+*]|\\w[+*])`;
  if (new RegExp(String.raw`^(?:\{\w*:?${anything}\}|\^?\(?${anything}\)?\$?)$`).test(pattern)) return {};
  const v2 = new RegExp(String.raw`^\{\w+(?::${anything})?\}\.([a-z0-9.-]+)$`, 'i').exec(pattern)?.[1];
  const v3 = new RegExp(String.raw`^\^?\(?${anything}\)?\\\.((?:[a-z0-9-]|\\\.)+)\$?$`, 'i').exec(pattern)?.[1];
  const rest = v2 ?? v3?.replaceAll('\\.', '.');
  if (rest === undefined) throw new NotUnderstood(`asks for \`${name}(${pattern})\`, which is more than a \`*\` in front`);
  return hostMatch(`*.${rest}`);
}

function pathMatch(path: string): Match {
  const wrong = /[{}]/.test(path) ? 'is a pattern' : pathProblem(path);
  if (wrong !== undefined) throw new NotUnderstood(`has the path \`${path}\`, which ${wrong}`);
  return { path };
}

/** What both demand at the same time: nothing when they contradict each other. */
function both(a: Match, b: Match): Match[] {
  const host = narrower(a.host, b.host, (wide, narrow) => wide.startsWith('*.') && narrow.endsWith(wide.slice(1)));
  const path = narrower(a.path, b.path, (wide, narrow) => narrow.startsWith(wide));
  if (host === false || path === false) return [];
  const exact = a.exact === true || b.exact === true;
  return [{ ...(host === undefined ? {} : { host }), ...(path === undefined ? {} : { path }), ...(exact ? { exact: true as const } : {}) }];
}

function narrower(
  a: string | undefined,
  b: string | undefined,
  holds: (wide: string, narrow: string) => boolean,
): string | undefined | false {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  if (holds(a, b)) return b;
  return holds(b, a) ? a : false;
}
