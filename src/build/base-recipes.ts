import { sha256, stableJson } from '../kit/index.ts';
import { baseHook } from './base-hook.ts';

/** How a base image is made from distribution packages and, for Node, packages of the npm registry. */
export type BaseRecipe = {
  readonly id: string;
  readonly suite: 'bookworm' | 'trixie';
  readonly packages: readonly string[];
  /** npm package to the directory or file of it that goes into the image. */
  readonly npm: readonly { readonly name: string; readonly range: string; readonly from: string; readonly to: string }[];
  readonly command: readonly string[];
  /** What differs from what was asked for, for the user to know. */
  readonly notice?: string;
};

const common = ['base-files', 'libc6', 'libgcc-s1', 'libstdc++6', 'ca-certificates', 'tzdata', 'netbase', 'dash', 'busybox-static'];
/** What build scripts expect of a machine, beyond a shell. */
const forBuilds = ['coreutils', 'bash', 'findutils', 'grep', 'sed', 'tar', 'gzip'];

/** The major line of npm that a major line of Node brings. */
const npmOf: Readonly<Record<string, string>> = { '18': '10', '20': '10', '22': '10', '24': '11' };
/** The Python that each supported release of Debian has. */
const pythonOf = { '3.11': 'bookworm', '3.13': 'trixie' } as const;

/** The recipe of a base id (`node-run:24`), or undefined when the distribution has nothing of the kind. */
export function baseRecipe(id: string, arch: string): BaseRecipe | undefined {
  const match = /^(node|python)-(run|build):(\d+(?:\.\d+)*)$/.exec(id);
  const [, language, use, version] = match ?? [];
  if (version === undefined) return undefined;
  const forBuild = use === 'build';
  return language === 'node' ? nodeRecipe({ id, version, arch, forBuild }) : pythonRecipe({ id, version, forBuild });
}

/** The image of a recipe and the versions of its npm packages: its name says what is in it, so a change of either makes a new image. */
export function baseReference(recipe: BaseRecipe, versions: readonly string[]): { readonly repository: string; readonly tag: string } {
  const [name = '', version = ''] = recipe.id.split(':');
  const hash = sha256(stableJson({ recipe, versions, baseHook })).slice(0, 10);
  return { repository: `berth/base-${name}`, tag: `${version}-${hash}` };
}

/** Node's own binary on the distribution's C library: the distribution's Node is old before its time. */
function nodeRecipe(input: { id: string; version: string; arch: string; forBuild: boolean }): BaseRecipe {
  const { id, version, forBuild } = input;
  const major = version.split('.')[0] ?? '';
  const node = { name: `node-linux-${input.arch}`, range: version, from: 'bin/node', to: 'usr/local/bin/node' };
  const npm = { name: 'npm', range: npmOf[major] ?? 'latest', from: '.', to: 'usr/local/lib/node_modules/npm' };
  return {
    id,
    suite: 'trixie',
    packages: forBuild ? [...common, ...forBuilds] : common,
    npm: forBuild ? [node, npm] : [node],
    command: ['node'],
  };
}

function pythonRecipe(input: { id: string; version: string; forBuild: boolean }): BaseRecipe {
  const { id, version, forBuild } = input;
  const minor = version.split('.').slice(0, 2).join('.');
  const offered = minor === '3.11' || minor === '3.13' ? minor : '3.13';
  return {
    id,
    suite: pythonOf[offered],
    packages: [...common, 'python3', 'libgomp1', ...(forBuild ? [...forBuilds, 'python3-venv', 'python3-pip'] : [])],
    npm: [],
    command: ['python3'],
    ...(offered === minor ? {} : { notice: `Debian has no Python ${minor}; ${offered} is used.` }),
  };
}
