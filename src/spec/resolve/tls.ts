import { sha256 } from '../../kit/index.ts';
import type { Route, Tls } from '../../model/index.ts';
import { absolutePath } from '../canonical/paths.ts';
import { readAnew } from '../reader.ts';
import { child, type Node } from '../text/node.ts';
import type { Mark } from '../text/source.ts';
import { notePlace, type Context } from './context.ts';
import { missing } from './environment.ts';
import { booleanAt, defined, textAt } from './get.ts';
import { contentOf, hasOneOrigin, staysInside, type Contents } from './grants.ts';
import { isExternal, useSecret } from './secret-nodes.ts';

/** What the certificate of a service is for, and where the bytes of its files go. */
export type TlsInput = {
  readonly name: string;
  readonly service: Node;
  readonly projectBerth: Node | undefined;
  readonly routes: readonly Route[];
  readonly contents: Contents;
};

/** Where `x-berth.tls` of a service is written: at the service, else at the project; undefined where TLS does not end at the edge. */
export function tlsNode(service: Node, projectBerth: Node | undefined): Node | undefined {
  const node = child(service, 'x-berth', 'tls') ?? child(projectBerth, 'tls');
  return textAt(node) === 'none' ? undefined : node;
}

/** Where the certificate of a service comes from. Files are read and checked against each other and the hosts of the routes. */
export async function resolveTls(input: TlsInput, context: Context): Promise<Tls | undefined> {
  const node = tlsNode(input.service, input.projectBerth);
  if (node === undefined) return undefined;
  if (input.routes.length === 0) {
    if (child(input.service, 'x-berth', 'tls') !== undefined) {
      const hint = 'Write `x-berth.routes`, such as `routes: [shop.example.com]`.';
      context.problems.error(node.mark, `\`services.${input.name}\` has \`x-berth.tls\` and no route that it could be for`, { hint });
    }
    return undefined;
  }
  notePlace(context, `services.${input.name}.x-berth.tls`, node.mark);
  checkHsts(node, context);
  const certificate = await resolveSource(node, input, context);
  const clientCa = await certificatesAt(node, 'clientCa', context);
  return certificate === undefined ? undefined : defined({ certificate, clientCa });
}

async function resolveSource(node: Node, input: TlsInput, context: Context): Promise<Tls['certificate'] | undefined> {
  if (textAt(node) === 'internal') return { kind: 'internal' };
  const isOwn = booleanAt(node, 'internal') === true;
  const hasFiles = child(node, 'cert') !== undefined || child(node, 'key') !== undefined;
  const acme = child(node, 'acme');
  const sources = [isOwn, hasFiles, acme !== undefined].filter(Boolean).length;
  if (sources !== 1) {
    const message =
      sources === 0 ? '`x-berth.tls` does not say where the certificate comes from' : '`x-berth.tls` names more than one source';
    context.problems.error(node.mark, message, { hint: 'Write one of `cert` and `key`, `acme`, or `internal: true`.' });
    return undefined;
  }
  if (isOwn) return { kind: 'internal' };
  return acme === undefined ? resolveFiles(node, input, context) : resolveAcme(acme, input, context);
}

async function resolveFiles(node: Node, input: TlsInput, context: Context): Promise<Tls['certificate'] | undefined> {
  const lone = (['cert', 'key'] as const).find((key) => child(node, key) === undefined);
  if (lone !== undefined) {
    context.problems.error(node.mark, `\`x-berth.tls\` has a \`${lone === 'key' ? 'cert' : 'key'}\` but no \`${lone}\``);
    return undefined;
  }
  if (storedSecret(node, 'key', context) !== undefined) return resolveStored(node, context);
  const read = async () => ({ cert: await bytesAt(node, 'cert', context), key: await bytesAt(node, 'key', context) });
  const files = await settled(read, node, context);
  if (files === undefined) return undefined;
  const certificate = { kind: 'files', certSha256: sha256(files.cert), keySha256: sha256(files.key) } as const;
  if (!(await checkPair(files, { node, ...input }, context))) return undefined;
  input.contents.files[certificate.certSha256] = files.cert;
  input.contents.files[certificate.keySha256] = files.key;
  return certificate;
}

/** With a key that only the server can read, all but the form is checked there, before anything is changed. */
async function resolveStored(node: Node, context: Context): Promise<Tls['certificate'] | undefined> {
  const [cert, key] = [storedSecret(node, 'cert', context), storedSecret(node, 'key', context)];
  if (key === undefined) return undefined;
  if (cert !== undefined) return { kind: 'secrets', cert: { secret: cert }, key: { secret: key } };
  const pem = await certificatesAt(node, 'cert', context);
  return pem === undefined ? undefined : { kind: 'secrets', cert: { pem }, key: { secret: key } };
}

/** The name in the store where a key names an external secret. */
function storedSecret(node: Node, key: 'cert' | 'key', context: Context): string | undefined {
  const written = child(node, key);
  const source = textAt(written);
  const secret = source === undefined ? undefined : child(context.document, 'secrets', source);
  if (written === undefined || source === undefined || !isExternal(secret)) return undefined;
  return useSecret({ source, secret, mark: written.mark }, context);
}

type Files = { readonly cert: Uint8Array; readonly key: Uint8Array };
type MaybeFiles = { readonly [K in keyof Files]: Uint8Array | undefined };

/** Certificate and key are two files: whoever renews them replaces one after the other, so both are read until they stay. */
async function settled(read: () => Promise<MaybeFiles>, node: Node, context: Context): Promise<Files | undefined> {
  let before = await read();
  for (let tries = 0; tries < 5; tries++) {
    const { cert, key } = await read();
    if (cert === undefined || key === undefined) return undefined;
    if (isEqual(cert, before.cert) && isEqual(key, before.key)) return { cert, key };
    before = { cert, key };
  }
  const hint = 'Try again when whatever writes them is done.';
  context.problems.error(node.mark, 'the files of the certificate change while they are read', { hint });
  return undefined;
}

const isEqual = (a: Uint8Array, b: Uint8Array | undefined): boolean => b !== undefined && sha256(a) === sha256(b);

type Checking = { readonly node: Node; readonly name: string; readonly routes: readonly Route[] };

async function checkPair(files: Files, { node, name, routes }: Checking, context: Context): Promise<boolean> {
  const { readPair } = await import('../certificate/pair.ts');
  const { covers, namesOf } = await import('../certificate/chain.ts');
  const label = (key: 'cert' | 'key'): string => `the ${key === 'cert' ? 'certificate' : 'key'} \`${textAt(node, key) ?? ''}\``;
  const mark = (key: 'cert' | 'key'): Mark => child(node, key)?.mark ?? node.mark;
  const result = readPair(files);
  if ('problem' in result) {
    const { problem } = result;
    context.problems.error(mark(problem.in), `${label(problem.in)} ${problem.message}`, { hint: problem.hint });
    return false;
  }
  const { leaf, remarks } = result.pair;
  for (const remark of remarks) context.problems.warn(mark('cert'), `${label('cert')} ${remark}`);
  const uncovered = hostsOf(routes).filter((host) => !covers(leaf, host));
  for (const host of uncovered) {
    context.problems.error(mark('cert'), `${label('cert')} is not for \`${host}\`, which \`services.${name}\` has a route for`, {
      hint: `It is for: ${namesOf(leaf).join(', ') || 'no host at all'}.`,
    });
  }
  return uncovered.length === 0;
}

/** The hosts that a service speaks TLS for. */
function hostsOf(routes: readonly Route[]): string[] {
  return [...new Set(routes.flatMap((route) => (route.tls ? (route.host ?? []) : [])))];
}

async function resolveAcme(node: Node, { name, routes }: TlsInput, context: Context): Promise<Tls['certificate'] | undefined> {
  const directory = textAt(node, 'directory');
  if (directory === undefined) return undefined;
  const say = (at: Node | undefined, message: string, hint: string): void => context.problems.error((at ?? node).mark, message, { hint });
  if (!URL.canParse(directory) || !/^https?:$/.test(new URL(directory).protocol))
    say(child(node, 'directory'), '`acme.directory` must be an address', 'Such as `https://acme-v02.api.letsencrypt.org/directory`.');
  const email = textAt(node, 'email');
  if (email !== undefined && !/^[^@\s,]+@[^@\s,]+$/.test(email))
    say(child(node, 'email'), '`acme.email` must be an address of mail', 'Such as `ops@example.com`.');
  const wildcard = hostsOf(routes).find((host) => host.startsWith('*.'));
  if (wildcard !== undefined)
    say(
      node,
      `\`services.${name}\` has a route for \`${wildcard}\`, which no authority proves by http-01`,
      'Name the hosts, or give `cert` and `key`.',
    );
  if (routes.some((route) => route.tls && route.host === undefined))
    say(
      node,
      `\`services.${name}\` has a route without a host, which no ACME server has a certificate for`,
      'Write `host`, or `tls: internal`.',
    );
  const directoryCa = await certificatesAt(node, 'directoryCa', context);
  return defined({ kind: 'acme', directory, email, challenge: 'http-01', directoryCa } as const);
}

/** Certificates (PEM) that a key names. */
async function certificatesAt(node: Node, key: 'cert' | 'clientCa' | 'directoryCa', context: Context): Promise<string | undefined> {
  const written = child(node, key);
  if (written === undefined) return undefined;
  const bytes = await bytesAt(node, key, context);
  if (bytes === undefined) return undefined;
  const pem = Buffer.from(bytes).toString('latin1');
  const { readCertificates } = await import('../certificate/chain.ts');
  const found = readCertificates(pem);
  if (typeof found !== 'string') return found.map((one) => one.toString().trim()).join('\n');
  context.problems.error(written.mark, `\`${key}\` \`${textAt(written) ?? ''}\` ${found}`);
  return undefined;
}

/** The bytes that a key names: those of a secret or config of that name, else of the file. */
async function bytesAt(node: Node, key: string, context: Context): Promise<Uint8Array | undefined> {
  const written = child(node, key);
  const value = textAt(written);
  if (written === undefined || value === undefined) return undefined;
  for (const kind of ['secret', 'config'] as const) {
    const grant = child(context.document, `${kind}s`, value);
    if (grant !== undefined && (kind === 'secret' || key !== 'key'))
      return secretBytes({ kind, key: value, node: grant, mark: written.mark }, { ...context, reader: readAnew(context.reader) });
  }
  const file = absolutePath(value, context.base);
  if (!(await staysInside(file, written.mark, context))) {
    const hint = 'Write its absolute path if that is meant.';
    context.problems.error(written.mark, `\`${key}\` is the file ${context.show(file)}, which is outside the project`, { hint });
    return undefined;
  }
  const bytes = await readAnew(context.reader).read(file);
  if (bytes === undefined) await missing(written.mark, `file of \`x-berth.tls.${key}\``, file, context);
  return bytes;
}

async function secretBytes(item: Parameters<typeof contentOf>[0], context: Context): Promise<Uint8Array | undefined> {
  if (isExternal(item.node)) {
    const hint = 'Name a file. A secret of the store can be `key`, and `cert` beside such a key.';
    context.problems.error(item.mark, `the ${item.kind} \`${item.key}\` is external, which this cannot be read from`, { hint });
    return undefined;
  }
  return hasOneOrigin(item, context) ? contentOf(item, context) : undefined;
}

function checkHsts(node: Node, context: Context): void {
  const written = child(node, 'hsts');
  const value = textAt(written);
  if (written === undefined || booleanAt(written) !== undefined || value === undefined || /^max-age=\d+(?:\s*;\s*[A-Za-z]+)*$/.test(value))
    return;
  const hint = 'Such as `max-age=31536000; includeSubDomains`, or `true`.';
  context.problems.error(written.mark, '`hsts` must be the value of `Strict-Transport-Security`', { hint });
}
