import type { RouteRules } from '../../model/index.ts';
import type { Context } from '../resolve/context.ts';
import { booleanAt, defined, durationAt, integerAt, pairsAt, sizeAt, textAt, textsAt } from '../resolve/get.ts';
import { child, entriesOf, type Node } from '../text/node.ts';
import { longestMs, parseRate, rateProblem } from '../text/route-forms.ts';
import { readUsers } from './basic-auth.ts';
import { readPages } from './page.ts';

/** What a written route does with its requests. */
export async function readRules(node: Node, route: { readonly path: string }, context: Context): Promise<RouteRules> {
  const pages = await readPages(child(node, 'errorPages'), context);
  return defined({
    rewrite: readRewrite(node, route.path, context),
    redirect: readRedirect(node, context),
    requestHeaders: readHeaders(child(node, 'headers', 'request'), context),
    responseHeaders: readHeaders(child(node, 'headers', 'response'), context),
    basicAuth: readUsers(child(node, 'basicAuth'), context),
    allow: readRanges(node, 'allow', context),
    deny: readRanges(node, 'deny', context),
    maxBodyBytes: readMaxBody(node, context),
    rateLimit: readRate(node, context),
    timeoutMs: readTimeout(node, context),
    compress: booleanAt(node, 'compress') === true ? true : undefined,
    errorPages: Object.keys(pages).length === 0 ? undefined : pages,
  });
}

function readRewrite(node: Node, path: string, context: Context): string | undefined {
  const rewrite = textAt(node, 'rewrite');
  const strip = child(node, 'strip');
  if (booleanAt(strip) !== true || strip === undefined) return rewrite;
  if (rewrite !== undefined)
    context.problems.error(strip.mark, '`strip` and `rewrite` exclude each other', { hint: '`strip` is `rewrite: /`.' });
  else if (path === '/') context.problems.error(strip.mark, '`strip` has nothing to strip: the route has no `path`');
  return '/';
}

const codes = [301, 302, 303, 307, 308] as const;

function readRedirect(node: Node, context: Context): RouteRules['redirect'] {
  const written = child(node, 'redirect');
  const to = textAt(written) ?? textAt(written, 'to');
  if (written === undefined || to === undefined) return undefined;
  const wanted = integerAt(written, 'code');
  const code = child(written, 'code') === undefined ? 302 : codes.find((each) => each === wanted);
  if (code !== undefined) return { to, code };
  const mark = child(written, 'code')?.mark ?? written.mark;
  context.problems.error(
    mark,
    `a redirect cannot have the code \`${textAt(written, 'code') ?? ''}\`; it must be one of ${codes.join(', ')}`,
  );
  return undefined;
}

function readHeaders(node: Node | undefined, context: Context): RouteRules['requestHeaders'] {
  if (node === undefined) return undefined;
  const remove = textsAt(node, 'remove') ?? listOfOne(textAt(node, 'remove'));
  const gone = new Set(remove.map((name) => name.toLowerCase()));
  for (const [name, { key }] of entriesOf(child(node, 'set')))
    if (gone.has(name.toLowerCase())) context.problems.error(key, `the header \`${name}\` is both set and removed`);
  return { set: pairsAt(node, 'set'), remove };
}

/** One range or a list of them. */
export function readRanges(node: Node | undefined, key: string, context: Context): string[] | undefined {
  const written = child(node, key);
  if (written === undefined) return undefined;
  const ranges = textsAt(written) ?? listOfOne(textAt(written));
  if (ranges.length > 0) return ranges;
  context.problems.error(written.mark, `\`${key}\` is empty`, { hint: 'Leave it out, or name addresses.' });
  return undefined;
}

function listOfOne(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}

function readMaxBody(node: Node, context: Context): number | undefined {
  const bytes = sizeAt(node, 'maxBody');
  const written = child(node, 'maxBody');
  if (written === undefined || bytes === undefined || bytes > 0) return bytes;
  context.problems.error(written.mark, '`maxBody` must be at least 1 byte', { hint: 'Leave it out for no limit.' });
  return undefined;
}

function readRate(node: Node, context: Context): RouteRules['rateLimit'] {
  const written = child(node, 'rateLimit');
  const text = textAt(written);
  if (written === undefined) return undefined;
  if (text !== undefined) {
    const rate = parseRate(text);
    return typeof rate === 'string' ? undefined : rate;
  }
  const requests = integerAt(written, 'requests');
  const perMs = durationAt(written, 'per');
  if (requests === undefined || requests < 1 || perMs === undefined) return undefined;
  const wrong = rateProblem(requests, perMs);
  if (wrong === undefined) return { requests, perMs };
  context.problems.error(written.mark, `\`rateLimit\` ${wrong}`);
  return undefined;
}

function readTimeout(node: Node, context: Context): number | undefined {
  const timeoutMs = durationAt(node, 'timeout');
  const written = child(node, 'timeout');
  if (written === undefined || timeoutMs === undefined) return undefined;
  if (timeoutMs >= 1 && timeoutMs <= longestMs) return timeoutMs;
  context.problems.error(written.mark, '`timeout` must be longer than nothing and at most 24 days, the longest that the proxy can count');
  return undefined;
}
