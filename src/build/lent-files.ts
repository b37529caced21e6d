import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BerthError } from '../errors/index.ts';
import type { Build } from '../model/index.ts';
import type { BuildEnvironment, BuildInput } from '../ports/index.ts';

/** Bundles of all public authorities, where the distributions keep them. */
const systemBundles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem'];

/** A file that a build step may mount while it runs, and that no layer keeps. */
export type LentFile = { readonly id: string; readonly source: string };

/**
 * Writes what the host lends to a build into a private directory: the certificate authorities, the package index
 * settings, and secrets.
 */
export function lendFiles(input: {
  readonly build: Build;
  readonly environment: BuildEnvironment;
  /** Values of the project's secrets that the build uses. */
  readonly secrets?: BuildInput['secrets'];
  readonly directory: string;
}): LentFile[] {
  const { build, environment, secrets = {}, directory } = input;
  const write = (id: string, content: string): LentFile[] => {
    if (content === '') return [];
    const source = join(directory, id);
    writeFileSync(source, content, { mode: 0o600 });
    return [{ id, source }];
  };
  return [
    ...write('berth-ca', certificateBundle(environment.certificateFiles)),
    ...write('berth-npmrc', npmSettings(build, environment)),
    ...write('berth-pip', pipSettings(environment)),
    ...build.secrets.map((secret, at) => ownSecret(secret, secrets, join(directory, `secret-${at}`))),
  ];
}

/** One bundle of every authority once, the public ones too: npm and pip take it instead of their own. */
function certificateBundle(files: readonly string[]): string {
  if (files.length === 0) return '';
  const blocks = new Set<string>();
  for (const file of [...files, ...systemBundles.filter((bundle) => existsSync(bundle))]) {
    for (const [block] of read(file).matchAll(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g))
      blocks.add(block.replaceAll('\r', ''));
  }
  return blocks.size === 0 ? '' : `${[...blocks].join('\n')}\n`;
}

/** The user's settings, then the registry that a variable names, then the project's own: the last wins, as in npm. */
function npmSettings(build: Build, { npmrc, tool }: BuildEnvironment): string {
  const registry = tool['npm_config_registry'] ?? tool['NPM_CONFIG_REGISTRY'];
  const project = join(build.context, '.npmrc');
  const parts = [
    npmrc === undefined ? '' : read(npmrc),
    registry === undefined ? '' : `registry=${registry}`,
    build.generated !== undefined && existsSync(project) ? read(project) : '',
  ];
  // Files and directories of the host mean nothing in a build step; the bundle takes the place of `cafile`.
  const lines = parts
    .flatMap((part) => part.split(/\r?\n/))
    .filter((line) => line.trim() !== '' && !/^\s*(?:cafile|prefix|cache|nodedir|userconfig|globalconfig)\s*=/.test(line));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function pipSettings({ pipConf, tool }: BuildEnvironment): string {
  const extra = Object.entries(tool)
    .filter(([name]) => name.startsWith('PIP_'))
    .map(([name, value]) => ({ key: name.slice(4).toLowerCase().replaceAll('_', '-'), value }));
  // Variables win over the file, and pip refuses a section or key that is there twice.
  const dropped = ['cert', 'cache-dir', 'log', 'prefix', 'target', 'user', ...extra.map(({ key }) => key)];
  const lines = (pipConf === undefined ? '' : read(pipConf))
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !dropped.includes(/^\s*([\w-]+)\s*[=:]/.exec(line)?.[1] ?? ''));
  const added = extra.map(({ key, value }) => `${key} = ${value}`);
  const at = lines.findIndex((line) => line.trim() === '[global]');
  if (added.length > 0) lines.splice(at + 1, 0, ...(at === -1 ? ['[global]'] : []), ...added);
  return lines.some((line) => /[=:]/.test(line)) ? `${lines.join('\n')}\n` : '';
}

/** Ids of secrets may hold anything, so they name no file. */
function ownSecret(secret: Build['secrets'][number], values: NonNullable<BuildInput['secrets']>, path: string): LentFile {
  const { id } = secret;
  if ('file' in secret) {
    const { file } = secret;
    if (existsSync(file)) return { id, source: file };
    throw new BerthError('FILE_NOT_FOUND', `Could not read the build secret ${id}: there is no file ${file}.`, { where: { file } });
  }
  const value = values[secret.secret];
  if (value === undefined) throw new BerthError('INTERNAL', `The build was not given the secret ${secret.secret}.`);
  writeFileSync(path, value, { mode: 0o600 });
  return { id, source: path };
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
