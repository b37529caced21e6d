import type { Context } from '../resolve/context.ts';
import { booleanAt, defined, integerAt, textAt, textsAt, wordAt } from '../resolve/get.ts';
import { child, type Node } from '../text/node.ts';
import { parseRoute } from '../text/route-forms.ts';
import { wwwRedirect, type Draft } from './draft.ts';
import { readRules } from './rules.ts';

/** How the routes of one service are read. */
export type Reading = { readonly mode: 'http' | 'tcp'; readonly tls: boolean };

/** The routes that one item of `x-berth.routes` stands for: one for each host. */
export async function readRoute(item: Node, reading: Reading, context: Context): Promise<Draft[]> {
  if (item.kind === 'scalar') return shortRoute(item, reading);
  if (item.kind !== 'map') return [];
  const mode = wordAt(['http', 'tcp'], item, 'mode') ?? reading.mode;
  if (mode === 'tcp') checkTcp(item, context);
  const path = textAt(item, 'path') ?? '/';
  const rules = await readRules(item, { path }, context);
  const common = { path, port: integerAt(item, 'port'), target: integerAt(item, 'target'), mode, tls: booleanAt(item, 'tls') };
  const added = textAt(item, 'www') === 'add' ? 'www.' : '';
  const drafts = hostsOf(item, context).map((host): Draft => ({
    ...defined({ ...common, host: host === undefined ? host : `${added}${host}`, rules }),
    mark: item.mark,
  }));
  if (mode === 'tcp') checkTcpPort(item, drafts, reading, context);
  return [...drafts, ...drafts.flatMap((draft) => wwwOf(item, draft, reading, context))];
}

function shortRoute(item: Node, reading: Reading): Draft[] {
  const parsed = parseRoute(textAt(item) ?? '');
  if (typeof parsed === 'string') return [];
  const { host, port, path = '/' } = parsed;
  return [{ ...defined({ host: host?.toLowerCase(), port }), path, mode: reading.mode, rules: {}, mark: item.mark }];
}

/** The hosts of a route; one undefined host is every host. */
function hostsOf(item: Node, context: Context): readonly (string | undefined)[] {
  const written = child(item, 'hosts');
  const host = textAt(item, 'host')?.toLowerCase();
  if (written === undefined) return [host];
  if (child(item, 'host') !== undefined) context.problems.error(written.mark, '`host` and `hosts` exclude each other');
  const hosts = textsAt(written) ?? [textAt(written) ?? ''].filter((each) => each !== '');
  if (hosts.length === 0 && written.kind === 'list')
    context.problems.error(written.mark, '`hosts` is empty', { hint: 'Leave it out for every host.' });
  return [...new Set(hosts.map((each) => each.toLowerCase()))];
}

function wwwOf(item: Node, draft: Draft, reading: Reading, context: Context): Draft[] {
  const node = child(item, 'www');
  const www = wordAt(['add', 'drop'], node);
  if (node === undefined || www === undefined) return [];
  const host = www === 'add' ? draft.host?.slice('www.'.length) : draft.host;
  if (host === undefined || host.startsWith('*') || host.startsWith('www.')) {
    context.problems.error(node.mark, '`www` needs a host without `www.` and without `*`', {
      hint: '`add` and `drop` say which of the two is kept.',
    });
    return [];
  }
  const tls = draft.tls ?? (reading.tls && draft.port !== 80);
  const kept = www === 'add' ? `www.${host}` : host;
  return [wwwRedirect(draft, { from: www === 'add' ? host : `www.${host}`, host: kept, tls })];
}

const httpOnly = [
  'strip',
  'rewrite',
  'redirect',
  'www',
  'headers',
  'basicAuth',
  'maxBody',
  'rateLimit',
  'sticky',
  'compress',
  'errorPages',
];

/** Reports what only a route that reads HTTP could do. */
function checkTcp(item: Node, context: Context): void {
  for (const key of ['path', ...httpOnly]) {
    const node = child(item, key);
    if (node === undefined || (key === 'path' && textAt(node) === '/')) continue;
    context.problems.error(node.mark, `a route with \`mode: tcp\` cannot have \`${key}\`: only requests of HTTP are looked at`, {
      hint: 'Leave it out, or leave out `mode` where the service speaks HTTP.',
    });
  }
}

function checkTcpPort(item: Node, drafts: readonly Draft[], reading: Reading, context: Context): void {
  const [first] = drafts;
  if (first === undefined || first.port !== undefined) return;
  const hasTls = first.tls ?? reading.tls;
  if (hasTls || first.host !== undefined) return;
  context.problems.error(item.mark, 'a route with `mode: tcp` needs a `port`');
}
