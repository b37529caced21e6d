import { delimiter, isAbsolute, join } from 'node:path';
import { BerthError } from '../errors/index.ts';
import type { BuildEnvironment } from '../ports/index.ts';

/** What is looked at to learn a user's surroundings; files are asked for through it, so that it can be tested. */
export type Surroundings = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Content of a file, or undefined when there is none that can be read. */
  readonly read: (path: string) => string | undefined;
  /** Names in a directory; none when it is not there. */
  readonly list: (path: string) => readonly string[];
};

const proxies = ['http_proxy', 'https_proxy', 'no_proxy', 'ftp_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
/** Where Debian and Red Hat keep the authorities that an administrator added. */
const certificateDirectories = ['/usr/local/share/ca-certificates', '/etc/pki/ca-trust/source/anchors'];
const toolVariables = ['PATH', 'HOME', 'DOCKER_CONFIG', 'DOCKER_CERT_PATH', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'SSH_AUTH_SOCK'];

/** Collects what a build may use of a user's surroundings. The CLI does it, for the server has none of its own. */
export function collectBuildEnvironment(surroundings: Surroundings): BuildEnvironment {
  const { environment, home } = surroundings;
  const npmrc = first(surroundings, [variable(environment, 'npm_config_userconfig'), join(home, '.npmrc')]);
  const pipConf = first(surroundings, pipFiles(environment, home));
  const tool = pick(environment, [...toolVariables, ...indexVariables(environment)]);
  return {
    proxy: pick(environment, proxies),
    certificateFiles: certificates(surroundings, [npmrc, pipConf]),
    npmrc,
    pipConf,
    bases: toBases(environment['BERTH_BASES']),
    tool: { ...tool, HOME: tool['HOME'] ?? home },
  };
}

function certificates(surroundings: Surroundings, settings: readonly (string | undefined)[]): string[] {
  const { environment, read, list } = surroundings;
  const local = certificateDirectories.flatMap((directory) =>
    list(directory)
      .filter((name) => /\.(?:crt|pem)$/.test(name))
      .map((name) => join(directory, name)),
  );
  const named = settings.map(
    (file) => /^\s*(?:cafile|cert)\s*=\s*["']?([^\s"']+)/m.exec(file === undefined ? '' : (read(file) ?? ''))?.[1],
  );
  const variables = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'PIP_CERT', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'].map(
    (name) => environment[name],
  );
  const files = [...variables, ...named, ...local].filter((file) => file !== undefined && isAbsolute(file) && read(file) !== undefined);
  return [...new Set(files)].filter((file) => file !== undefined);
}

/** The order in which pip itself looks; the last of these wins there, so it comes first here. */
function pipFiles(environment: Surroundings['environment'], home: string): (string | undefined)[] {
  const system = (environment['XDG_CONFIG_DIRS'] ?? '/etc/xdg').split(delimiter).map((directory) => join(directory, 'pip/pip.conf'));
  return [
    environment['PIP_CONFIG_FILE'],
    environment['VIRTUAL_ENV'] === undefined ? undefined : join(environment['VIRTUAL_ENV'], 'pip.conf'),
    join(environment['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pip/pip.conf'),
    join(home, '.pip/pip.conf'),
    '/etc/pip.conf',
    ...system,
  ];
}

/** Index settings that are given as variables: they become lines of the lent `.npmrc` and `pip.conf`. */
function indexVariables(environment: Surroundings['environment']): string[] {
  return Object.keys(environment).filter((name) =>
    /^(?:PIP_(?:INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST)|npm_config_registry|NPM_CONFIG_REGISTRY)$/.test(name),
  );
}

function toBases(text: string | undefined): BuildEnvironment['bases'] {
  if (text === undefined || text === '') return 'auto';
  if (text === 'registry' || text === 'distro' || text === 'auto') return text;
  throw new BerthError('USAGE', `BERTH_BASES is "${text}"; it may be registry, distro or auto.`);
}

function first(surroundings: Surroundings, files: readonly (string | undefined)[]): string | undefined {
  return files.find((file) => file !== undefined && isAbsolute(file) && surroundings.read(file) !== undefined);
}

function variable(environment: Surroundings['environment'], name: string): string | undefined {
  return environment[name] ?? environment[name.toUpperCase()];
}

function pick(environment: Surroundings['environment'], names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = environment[name];
    if (value !== undefined && value !== '') picked[name] = value;
  }
  return picked;
}
