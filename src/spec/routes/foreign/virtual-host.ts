import type { Tls } from '../../../model/index.ts';
import type { Context } from '../../resolve/context.ts';
import { defined } from '../../resolve/get.ts';
import { child, type Node } from '../../text/node.ts';
import { headerValueProblem, hostProblem, pathProblem } from '../../text/route-forms.ts';
import type { Draft } from '../draft.ts';
import { letsEncrypt, type Found } from '../found.ts';
import { commaList, isOn, Labels, notTaken, type Label } from './labels.ts';

/** Variables of nginx-proxy and its companion. */
const mine =
  /^(?:VIRTUAL_(?:HOST|PORT|PATH|DEST|PROTO|HOST_MULTIPORTS)|LETSENCRYPT_(?:HOST|EMAIL|TEST)|ACME_CA_URI|HTTPS_METHOD|HSTS|CERT_NAME|SELF_SIGNED_HOST|NETWORK_ACCESS)$/;

/** What is read of one service. */
type Input = { readonly variables: Labels; readonly host: Label; readonly context: Context };

/** The routes of a service's `VIRTUAL_HOST` variable, or undefined where it has none. What is not understood is said. */
export function readVirtualHost(service: Node, context: Context): Found | undefined {
  const variables = new Labels([child(service, 'environment')], (key) => mine.test(key));
  const ports = variables.get('VIRTUAL_HOST_MULTIPORTS');
  if (ports !== undefined && ports.value !== '') notTaken(context, ports.mark, '`VIRTUAL_HOST_MULTIPORTS` is not understood');
  const host = variables.get('VIRTUAL_HOST');
  if (host === undefined || host.value === '') return ports === undefined ? undefined : { drafts: [] };
  const input = { variables, host, context };
  const hidden = variables.get('NETWORK_ACCESS');
  if (hidden !== undefined && hidden.value !== 'external') {
    notTaken(
      context,
      hidden.mark,
      `\`NETWORK_ACCESS: ${hidden.value}\` is not understood; no route is made without it`,
      'Write `x-berth.routes` with `allow`.',
    );
    return { drafts: [] };
  }
  const drafts = readRoutes(input);
  const h2 = readProtocol(input);
  const tls = readTls(input);
  for (const unread of variables.unread)
    if (unread.value !== '') notTaken(context, unread.mark, `the variable \`${unread.key}\` is not understood`);
  const from = 'VIRTUAL_HOST variables';
  return {
    drafts: drafts.flatMap((draft) => withTls(draft, tls, input)),
    from,
    ...defined({ h2, tls: tls?.tls, redirects: tls?.redirects, hsts: tls?.hsts }),
  };
}

function readRoutes({ variables, host, context }: Input): Draft[] {
  const port = variables.get('VIRTUAL_PORT');
  const target = port === undefined || port.value === '' ? undefined : Number(port.value);
  const path = variables.get('VIRTUAL_PATH')?.value ?? '/';
  const dest = variables.get('VIRTUAL_DEST')?.value ?? '';
  const wrongPath = pathProblem(path) ?? (dest === '' ? undefined : pathProblem(dest));
  if ((target !== undefined && !(Number.isInteger(target) && target >= 1 && target <= 65_535)) || wrongPath !== undefined) {
    notTaken(
      context,
      host.mark,
      wrongPath === undefined ? '`VIRTUAL_PORT` is not a port; no route is made' : `\`VIRTUAL_PATH\` ${wrongPath}; no route is made`,
    );
    return [];
  }
  return commaList(host.value).flatMap((each): Draft[] => {
    const wrong = hostProblem(each);
    if (wrong !== undefined) {
      notTaken(context, host.mark, `\`VIRTUAL_HOST\`: \`${each}\` ${wrong}; no route is made of it`);
      return [];
    }
    const rules = dest === '' || path === '/' ? {} : { rewrite: dest };
    return [{ ...defined({ host: each.toLowerCase(), target }), path, mode: 'http', rules, mark: host.mark }];
  });
}

/** Whether instances are asked by HTTP/2 (`VIRTUAL_PROTO: grpc`). */
function readProtocol({ variables, context }: Input): true | undefined {
  const protocol = variables.get('VIRTUAL_PROTO');
  if (protocol?.value === 'grpc') return true;
  if (protocol !== undefined && !['http', ''].includes(protocol.value))
    notTaken(context, protocol.mark, `\`VIRTUAL_PROTO: ${protocol.value}\` is not understood; the service is asked by http`);
  return undefined;
}

/** `both`: port 80 is served as well. */
type Secure = {
  readonly tls: Tls;
  readonly hosts: readonly string[];
  readonly both: boolean;
  readonly redirects?: boolean;
  readonly hsts?: string;
};

function readTls({ variables, context }: Input): Secure | undefined {
  const text = (key: string): string => variables.get(key)?.value ?? '';
  const [asked, own] = [text('LETSENCRYPT_HOST'), text('SELF_SIGNED_HOST')];
  const settings = { directory: text('ACME_CA_URI') || undefined, isTest: isOn(variables.get('LETSENCRYPT_TEST')) };
  const signed = letsEncrypt(text('LETSENCRYPT_EMAIL'), settings);
  const hsts = text('HSTS');
  const method = variables.get('HTTPS_METHOD');
  const hosts = asked === '' ? own : asked;
  if (hosts === '' || method?.value === 'nohttps') return undefined;
  if (method !== undefined && !['redirect', 'noredirect', 'nohttp', ''].includes(method.value))
    notTaken(context, method.mark, `\`HTTPS_METHOD: ${method.value}\` is not understood; port 80 leads to https`);
  return {
    tls: asked === '' ? { certificate: { kind: 'internal' } } : signed,
    hosts: commaList(hosts.toLowerCase()),
    both: method?.value === 'noredirect',
    ...(method?.value === 'nohttp' ? { redirects: false } : {}),
    ...(hsts === '' || hsts === 'off' || headerValueProblem(hsts) !== undefined ? {} : { hsts }),
  };
}

function withTls(draft: Draft, secure: Secure | undefined, { variables, context }: Input): Draft[] {
  if (secure === undefined) return [draft];
  if (secure.hosts.includes(draft.host ?? ''))
    return [{ ...draft, tls: true }, ...(secure.both ? [{ ...draft, port: 80, tls: false }] : [])];
  const mark = variables.get('LETSENCRYPT_HOST')?.mark ?? draft.mark;
  notTaken(
    context,
    mark,
    `\`${draft.host ?? ''}\` of \`VIRTUAL_HOST\` is not among the hosts of the certificate; it is served without TLS`,
  );
  return [draft];
}
