import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { BerthError } from '../errors/index.ts';
import { labels as modelLabels } from '../model/index.ts';
import type { Engine } from '../ports/index.ts';
import { baseHook } from './base-hook.ts';
import type { BaseRecipe } from './base-recipes.ts';
import { findDebianMirrors, sourceLines } from './debian-sources.ts';
import type { RunProcess } from './run-process.ts';

/** Kept in every file's time, so that equal packages make equal layers: 2025-01-01. */
const sourceDateEpoch = '1735689600';

/** What making a base needs of its surroundings. */
export type MakerDeps = {
  readonly engine: Pick<Engine, 'importImage'>;
  readonly run: RunProcess;
  /** Directories of installed npm packages by name, which need no download. */
  readonly installed: Readonly<Record<string, InstalledPackage>>;
};

/** An npm package of this machine. */
export type InstalledPackage = { readonly directory: string; readonly version: string };

export type MakeInput = {
  readonly recipe: BaseRecipe;
  readonly repository: string;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Environment of the programs: PATH, HOME, proxies, NODE_EXTRA_CA_CERTS. */
  readonly environment: Readonly<Record<string, string>>;
};

/** Makes a base image from packages with mmdebstrap and gives it to the engine. Throws BASE_FAILED. */
export async function makeBase(deps: MakerDeps, input: MakeInput, signal?: AbortSignal): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'berth-base-'));
  try {
    const extras = join(directory, 'extras');
    await mkdir(extras);
    for (const part of input.recipe.npm) await placePart({ deps, input, part, directory, extras }, signal);
    const hook = join(directory, 'hook.sh');
    await writeFile(hook, baseHook);
    const archive = join(directory, 'root.tar');
    await makeArchive({ run: deps.run, input, hook, extras, archive }, signal);
    const { repository, tag } = input;
    // Equal packages make an equal archive, so this tells whether an image is worth replacing by another.
    const labels = { ...input.labels, [modelLabels.build]: await hashFile(archive) };
    const changes = changesOf({ ...input, labels });
    return await deps.engine.importImage({ tar: createReadStream(archive), repository, tag, changes }, signal);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

type Archive = {
  readonly run: RunProcess;
  readonly input: MakeInput;
  readonly hook: string;
  readonly extras: string;
  readonly archive: string;
};

/** Into a file, not straight to the engine: what a failing mmdebstrap leaves must never become an image. */
async function makeArchive({ run, input, hook, extras, archive }: Archive, signal: AbortSignal | undefined): Promise<void> {
  const { recipe, environment } = input;
  const lines: string[] = [];
  const code = await run(
    {
      file: 'mmdebstrap',
      args: [
        '--variant=extract',
        '--format=tar',
        `--include=${recipe.packages.join(',')}`,
        ...(await aptOptions(run, environment, signal)),
        '--extract-hook=sh "$BERTH_HOOK" "$1"',
        recipe.suite,
        archive,
        ...sourceLines(findDebianMirrors(await aptSources()), recipe.suite),
      ],
      environment: { ...environment, SOURCE_DATE_EPOCH: sourceDateEpoch, BERTH_EXTRAS: extras, BERTH_HOOK: hook },
    },
    { onLine: (line) => lines.push(line), signal },
  );
  if (code !== 0) throw baseFailed(recipe.id, 'mmdebstrap', lines);
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function changesOf({ recipe, labels }: MakeInput): string[] {
  return [
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `CMD ${JSON.stringify(recipe.command)}`,
    ...Object.entries(labels).map(([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`),
  ];
}

type Place = {
  readonly deps: MakerDeps;
  readonly input: MakeInput;
  readonly part: BaseRecipe['npm'][number];
  readonly directory: string;
  readonly extras: string;
};

/** Puts a part of an npm package where the hook copies it from: an installed one as it is, else a packed one. */
async function placePart({ deps, input, part, directory, extras }: Place, signal: AbortSignal | undefined): Promise<void> {
  const source = fittingPackage(deps.installed, part)?.directory ?? (await packed({ deps, input, part, directory }, signal));
  const target = join(extras, part.to);
  await mkdir(dirname(target), { recursive: true });
  await symlink(join(source, part.from), target);
}

/** The installed package that a part can be taken from, if its version is the wanted one. */
export function fittingPackage(installed: MakerDeps['installed'], part: BaseRecipe['npm'][number]): InstalledPackage | undefined {
  const found = installed[part.name];
  return found?.version === part.range || found?.version.startsWith(`${part.range}.`) === true ? found : undefined;
}

async function packed({ deps, input, part, directory }: Omit<Place, 'extras'>, signal: AbortSignal | undefined): Promise<string> {
  const { run } = deps;
  const { environment } = input;
  const folder = await mkdtemp(join(directory, 'npm-'));
  const lines: string[] = [];
  const code = await run(
    { file: 'npm', args: ['pack', '--silent', '--pack-destination', folder, `${part.name}@${part.range}`], environment, cwd: folder },
    { onLine: (line) => lines.push(line), signal },
  );
  if (code === undefined) throw new BerthError('TOOL_MISSING', `Could not make the base ${input.recipe.id}: npm is not on the PATH.`);
  const archive = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (code !== 0 || archive === undefined) throw baseFailed(input.recipe.id, `npm pack ${part.name}@${part.range}`, lines);
  const unpacked = join(folder, 'package');
  await mkdir(unpacked);
  const tar = {
    file: 'tar',
    args: ['-xzf', join(folder, archive), '--strip-components=1', '--no-same-owner', '-C', unpacked],
    environment,
  };
  if ((await run(tar, { onLine: (line) => lines.push(line), signal })) === 0) return unpacked;
  throw baseFailed(input.recipe.id, 'tar', lines);
}

/** Asks for mmdebstrap; root on a Debian-like machine gets it installed, anyone else is told how. */
export async function ensureMmdebstrap(
  run: RunProcess,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const asked = { file: 'mmdebstrap', args: ['--version'], environment };
  if ((await run(asked, { signal })) === 0) return;
  if (userInfo().uid === 0) {
    const apt = { ...environment, DEBIAN_FRONTEND: 'noninteractive' };
    const install = {
      file: 'apt-get',
      args: ['install', '-y', '--no-install-recommends', 'mmdebstrap', 'debian-archive-keyring'],
      environment: apt,
    };
    if ((await run(install, { signal })) !== 0) {
      await run({ file: 'apt-get', args: ['update'], environment: apt }, { signal });
      await run(install, { signal });
    }
    if ((await run(asked, { signal })) === 0) return;
  }
  throw new BerthError('TOOL_MISSING', 'Could not make a base image: mmdebstrap is not installed.', {
    hint: 'Install it: `sudo apt-get install mmdebstrap`, or set BERTH_BASES=registry where a registry can be reached.',
  });
}

/** The machine's own way to its packages: proxies and certificate settings of apt. */
async function aptOptions(
  run: RunProcess,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const lines: string[] = [];
  await run({ file: 'apt-config', args: ['dump'], environment }, { onLine: (line) => lines.push(line), signal });
  return lines.filter((line) => /^Acquire::https?::[\w:.-]+ ".+";$/.test(line)).map((line) => `--aptopt=${line}`);
}

async function aptSources(): Promise<string[]> {
  const folder = '/etc/apt/sources.list.d';
  const names = existsSync(folder) ? await readdir(folder) : [];
  const files = ['/etc/apt/sources.list', ...names.filter((name) => /\.(?:list|sources)$/.test(name)).map((name) => join(folder, name))];
  return await Promise.all(files.filter((file) => existsSync(file)).map((file) => readFile(file, 'utf8')));
}

function baseFailed(id: string, program: string, lines: readonly string[]): BerthError {
  const last = lines.slice(-20);
  return new BerthError(
    'BASE_FAILED',
    `Could not make the base ${id} from packages: ${program} failed: ${last.at(-1) ?? 'it said nothing'}`,
    {
      details: { lines: last },
      hint: 'Check that the package mirror can be reached, or set BERTH_BASES=registry where a registry can.',
    },
  );
}
