import type { RouteRules } from '../../../model/index.ts';
import type { Context } from '../../resolve/context.ts';
import { defined } from '../../resolve/get.ts';
import { hashProblem, headerNameProblem, headerValueProblem } from '../../text/route-forms.ts';
import { sizeBytes } from '../../text/units.ts';
import { hashHint, userProblem } from '../basic-auth.ts';
import { prefixOf, wordsOf } from './caddy-site.ts';
import { notTaken, type Label, type Labels } from './labels.ts';

/** Where the directives of a site are read: all of them, or those of a path. */
export type Block = { readonly at: readonly string[]; readonly path: string; readonly strips: boolean; readonly rules: RouteRules };

type Input = { readonly labels: Labels; readonly context: Context; readonly at: readonly string[]; readonly path: string };

/** Directives without which more would get through, or another answer would come. */
const guards: ReadonlySet<string> = new Set([
  'forward_auth',
  'import',
  'respond',
  'abort',
  'error',
  'client_auth',
  'rewrite',
  'uri',
  'invoke',
  'vars',
]);

/** What a directive does to the routes beside it; undefined where they must not be made without it. What is not understood is said. */
export function readDirective(directive: string, input: Input): RouteRules | undefined {
  const { labels, context, at } = input;
  switch (directive) {
    case 'header':
    case 'header_down':
      return defined({ responseHeaders: readHeaders(input) });
    case 'request_header':
    case 'header_up':
      return defined({ requestHeaders: readHeaders(input) });
    case 'encode':
      labels.get(...at);
      return { compress: true };
    case 'request_body': {
      const limit = labels.get(...at, 'max_size');
      const bytes = limit === undefined ? undefined : sizeBytes(limit.value);
      return bytes === undefined || bytes < 1 ? {} : { maxBodyBytes: bytes };
    }
    case 'basicauth':
    case 'basic_auth':
      return readUsers(input);
    default: {
      const isGuard = guards.has(directive) || directive.startsWith('@');
      const found = labels.under(...at);
      for (const label of found)
        notTaken(context, label.mark, `\`${label.key}\` is not understood${isGuard ? '; no route is made without it' : ''}`);
      return isGuard ? undefined : {};
    }
  }
}

/** `header NAME VALUE`, `header -NAME`, or the names as labels of their own. */
function readHeaders({ labels, context, at }: Input): RouteRules['requestHeaders'] {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  const add = (label: Label, field: string, value: string): void => {
    const name = field.replace(/^-/, '');
    const wrong = headerNameProblem(name) ?? headerValueProblem(value);
    if (wrong !== undefined || /^[+?>]/.test(field)) notTaken(context, label.mark, `\`${label.key}: ${label.value}\` is not understood`);
    else if (field.startsWith('-')) remove.push(name);
    else set[name] = value;
  };
  for (const label of labels.under(...at)) {
    const own = label.parts.slice(at.length).join('.');
    const { matcher, words } = wordsOf(label.value);
    if (own !== '') add(label, own, words.length === 1 ? (words[0] ?? '') : label.value);
    else if (label.value === '') continue;
    else if (matcher !== undefined && prefixOf(matcher) !== '/')
      notTaken(context, label.mark, `\`${label.key}: ${label.value}\` is not understood`);
    else add(label, words[0] ?? '', words.slice(1).join(' '));
  }
  return Object.keys(set).length + remove.length === 0 ? undefined : { set, remove };
}

/** Whether a `basic_auth` is for a part of its block alone (`/admin/*`), and which. `/admin*` is more than whole segments. */
export function guardedPart(label: Label | undefined, outer: string): string | undefined {
  const part = label === undefined || /[^/]\*$/.test(label.value) ? undefined : prefixOf(label.value);
  return part === undefined || part === outer || part === '/' || !(outer === '/' || part.startsWith(`${outer}/`)) ? undefined : part;
}

function readUsers({ labels, context, at, path }: Input): RouteRules | undefined {
  const found = labels.under(...at);
  const users: Record<string, string> = {};
  for (const label of found) {
    const user = label.parts.slice(at.length).join('.');
    if (user === '' && (label.value === '' || [path, '/', guardedPart(label, path)].includes(prefixOf(label.value) ?? ''))) continue;
    const hash = label.value.startsWith('JDJ') ? Buffer.from(label.value, 'base64').toString('latin1') : label.value;
    const wrong = user === '' ? 'is behind a matcher that is not a path of its site' : (userProblem(user) ?? hashProblem(hash));
    if (wrong !== undefined) {
      notTaken(context, label.mark, `\`${label.key}\` ${wrong}; no route is made without it`, hashHint);
      return undefined;
    }
    users[user] = hash;
  }
  if (Object.keys(users).length > 0) return { basicAuth: users };
  const [first] = found;
  if (first !== undefined) notTaken(context, first.mark, `\`${first.key}\` names no user; no route is made without it`);
  return undefined;
}
