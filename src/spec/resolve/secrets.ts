import type { SecretFile, SecretSource, Service, Tls, VaultCredential, VaultSettings } from '../../model/index.ts';
import { absolutePath } from '../canonical/paths.ts';
import { child, entriesOf, type Node } from '../text/node.ts';
import { placeText, type Mark } from '../text/source.ts';
import { section, type Context } from './context.ts';
import { defined, durationAt, integerAt, listAt, textAt } from './get.ts';
import { fileMode } from './grants.ts';
import { hasSecret, isExternal, useSecret } from './secret-nodes.ts';

/** What a project says of secrets, and the variables that they, and the credentials for Vault, are taken from. */
export type ProjectSecrets = {
  readonly secrets?: Record<string, SecretSource>;
  readonly vault?: VaultSettings;
  readonly variables: Readonly<Record<string, string>>;
};

/** The files of a service whose bytes are secrets of the store. */
export function secretFiles(service: Node, context: Context): SecretFile[] | undefined {
  const files = listAt(service, 'secrets').flatMap((item): SecretFile[] => {
    const source = textAt(item, 'source');
    const secret = source === undefined ? undefined : child(context.document, 'secrets', source);
    if (source === undefined || !isExternal(secret)) return [];
    const target = textAt(item, 'target') ?? source;
    return [
      defined({
        secret: useSecret({ source, secret, mark: child(item, 'source')?.mark ?? item.mark }, context),
        target: target.startsWith('/') ? target : `/run/secrets/${target}`,
        uid: integerAt(item, 'uid'),
        gid: integerAt(item, 'gid'),
        mode: fileMode(item) ?? 0o444,
      }),
    ];
  });
  return files.length === 0 ? undefined : files;
}

/** Where the secrets of all services come from: `x-berth.secrets`, `secrets`, else the store. */
export function resolveSecrets(services: readonly Service[], context: Context): ProjectSecrets {
  const variables: Record<string, string> = {};
  const secrets: Record<string, SecretSource> = {};
  noteReferences(context);
  for (const name of usedNames(services)) {
    const source = sourceOf(name, context);
    if (source === undefined) continue;
    secrets[name] = source;
    if (source.kind === 'environment') keepVariable(source.variable, context, variables);
  }
  const all = Object.values(secrets);
  if (all.length === 0) return { variables };
  const vault = all.some((source) => source.kind === 'vault') ? resolveVault(context, variables) : undefined;
  return { secrets, ...(vault === undefined ? {} : { vault }), variables };
}

function usedNames(services: readonly Service[]): Set<string> {
  const texts = services.flatMap((s) => Object.values(s.secretEnvironment ?? {}));
  const inTexts = texts.flatMap((text) => text.flatMap((part) => (typeof part === 'string' ? [] : [part.secret])));
  const inFiles = services.flatMap((s) => (s.secretFiles ?? []).map((file) => file.secret));
  const inBuilds = services.flatMap((s) => s.build?.secrets ?? []).flatMap((each) => ('secret' in each ? each.secret : []));
  const inTls = services.flatMap(({ tls }) => (tls?.certificate.kind === 'secrets' ? certificateSecrets(tls.certificate) : []));
  return new Set([...inTexts, ...inFiles, ...inBuilds, ...inTls].toSorted());
}

function certificateSecrets({ cert, key }: Extract<Tls['certificate'], { kind: 'secrets' }>): string[] {
  return ['secret' in cert ? [cert.secret] : [], key.secret].flat();
}

/** Remembers where each reference stands, and refuses those that are not in a variable. */
function noteReferences(context: Context): void {
  const walk = (node: Node, allowed: boolean): void => {
    if (node.kind === 'list') for (const item of node.items) walk(item, allowed);
    if (node.kind === 'map') for (const [, entry] of node.entries) walk(entry.value, allowed);
    if (node.kind !== 'scalar' || !hasSecret(node)) return;
    for (const part of node.parts ?? []) if (typeof part !== 'string') checkReference(part.name, { mark: node.mark, allowed }, context);
  };
  for (const [, { value: service }] of section(context.document, 'services'))
    for (const [key, entry] of entriesOf(child(service, 'x-berth'))) walk(entry.value, key === 'environment');
  for (const [, entry] of section(context.document, 'x-berth')) walk(entry.value, false);
}

function checkReference(name: string, { mark, allowed }: { mark: Mark; allowed: boolean }, context: Context): void {
  if (!allowed) {
    const hint = 'Only `x-berth.environment` of a service may: there the value is filled in when a container is made.';
    context.problems.error(mark, `\`\${secret:${name}}\` cannot be used here`, { hint });
  } else if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(name)) {
    const hint = 'A name has letters, digits, `.`, `_` and `-`.';
    context.problems.error(mark, `\`\${secret:${name}}\` does not name a secret`, { hint });
  } else if (context.places[`secrets.${name}`] === undefined) context.places[`secrets.${name}`] = placeText(mark);
}

function sourceOf(name: string, context: Context): SecretSource | undefined {
  const written = child(context.document, 'x-berth', 'secrets', name);
  if (written !== undefined) return writtenSource(name, written, context);
  const compose = child(context.document, 'secrets', name);
  const [path, variable] = [textAt(compose, 'file'), textAt(compose, 'environment')];
  if (path !== undefined) return { kind: 'file', path };
  if (variable !== undefined) return { kind: 'environment', variable };
  return { kind: 'store', name };
}

function writtenSource(name: string, node: Node, context: Context): SecretSource | undefined {
  const [path, variable, vault] = [textAt(node, 'file'), textAt(node, 'environment'), child(node, 'vault')];
  if ([path, variable, vault].filter((each) => each !== undefined).length !== 1) {
    context.problems.error(node.mark, `the secret \`${name}\` needs one of \`file\`, \`environment\`, \`vault\``, {
      hint: 'One that `berth secret set` keeps needs no entry here.',
    });
    return undefined;
  }
  if (path !== undefined) return { kind: 'file', path: absolutePath(path, context.base) };
  if (variable !== undefined) return { kind: 'environment', variable };
  const [secretPath, field] = [textAt(vault, 'path'), textAt(vault, 'field')];
  if (secretPath === undefined || field === undefined) return undefined;
  return defined({ kind: 'vault' as const, path: secretPath, field, version: integerAt(vault, 'version') });
}

function resolveVault(context: Context, variables: Record<string, string>): VaultSettings | undefined {
  const node = child(context.document, 'x-berth', 'vault');
  if (node === undefined) {
    const secrets = child(context.document, 'x-berth', 'secrets');
    context.problems.error(
      secrets?.mark ?? context.document.mark,
      'secrets come from Vault, and `x-berth.vault` does not say where it is',
      {
        hint: 'Write `x-berth.vault.address`, and `token` or `appRole`.',
      },
    );
    return undefined;
  }
  const address = textAt(node, 'address');
  if (address === undefined || !isAddress(address)) {
    context.problems.error(child(node, 'address')?.mark ?? node.mark, '`x-berth.vault.address` must be an http or https address', {
      hint: 'Such as `https://vault.example.com:8200`.',
    });
    return undefined;
  }
  const login = resolveLogin(node, context, variables);
  const ca = textAt(node, 'ca');
  if (login === undefined) return undefined;
  return defined({
    address,
    namespace: textAt(node, 'namespace'),
    mount: textAt(node, 'mount') ?? 'secret',
    caFile: ca === undefined ? undefined : absolutePath(ca, context.base),
    timeoutMs: durationAt(node, 'timeout') ?? 5000,
    login,
  });
}

function isAddress(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? '');
}

function resolveLogin(node: Node, context: Context, variables: Record<string, string>): VaultSettings['login'] | undefined {
  const [token, role] = [child(node, 'token'), child(node, 'appRole')];
  if ((token === undefined) === (role === undefined)) {
    context.problems.error(node.mark, '`x-berth.vault` needs one of `token`, `appRole`', {
      hint: 'Such as `token: {environment: VAULT_TOKEN}`.',
    });
    return undefined;
  }
  if (token !== undefined) {
    const credential = resolveCredential('token', token, context, variables);
    return credential && { kind: 'token', token: credential };
  }
  const secretId = child(role, 'secretId');
  const roleId = textAt(role, 'roleId');
  if (roleId === undefined || secretId === undefined) return undefined;
  const credential = resolveCredential('appRole.secretId', secretId, context, variables);
  return credential && { kind: 'appRole', mount: textAt(role, 'mount') ?? 'approle', roleId, secretId: credential };
}

function resolveCredential(key: string, node: Node, context: Context, variables: Record<string, string>): VaultCredential | undefined {
  const [file, variable] = [textAt(node, 'file'), textAt(node, 'environment')];
  if ((file === undefined) === (variable === undefined)) {
    context.problems.error(node.mark, `\`x-berth.vault.${key}\` needs one of \`file\`, \`environment\``);
    return undefined;
  }
  if (file !== undefined) return { file: absolutePath(file, context.base) };
  if (variable === undefined) return undefined;
  keepVariable(variable, context, variables);
  return { variable };
}

function keepVariable(name: string, context: Context, variables: Record<string, string>): void {
  const value = context.lookup(name);
  if (value !== undefined) variables[name] = value;
}
