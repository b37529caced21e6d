import type { FileTree } from '../ports/index.ts';
import type { Detection, Stack } from './detection.ts';
import { renderDockerfile } from './dockerfile.ts';
import { composeIgnore } from './ignore.ts';
import { findNodePort } from './node-port.ts';
import { findNodeStart, isBuild, type Start } from './node-start.ts';
import { findNodeVersion } from './node-version.ts';
import { readPackageJson, type PackageJson } from './package-json.ts';
import type { InstallStep, Recipe } from './recipe.ts';

const ignored = ['**/node_modules', '**/npm-debug.log*', 'coverage', '.nyc_output', '.next', '.cache', '**/*.tsbuildinfo'];
const lockfiles = ['package-lock.json', 'npm-shrinkwrap.json'];

/** Node with npm: Express and its like, with or without a build script. */
export const nodeNpm: Stack = { name: 'node-npm', find };

async function find(tree: FileTree): Promise<Detection | undefined> {
  const manifest = await readPackageJson(tree);
  if (manifest === undefined) return undefined;
  const start = await findNodeStart(tree, manifest);
  if (start === undefined) return undefined;
  const names = new Set((await tree.list('.')).map((entry) => entry.name));
  const lock = lockfiles.find((name) => names.has(name));
  const version = await findNodeVersion(tree, manifest.engines.node);
  const found = await findNodePort(tree, start.entry);
  const port = found?.port ?? 3000;
  const build = buildScript(manifest);
  const recipe = toRecipe({ manifest, start, lock, version: version.version, port, build });
  return {
    stack: nodeNpm.name,
    version: version.version,
    why: [
      'package.json: a Node application',
      version.why,
      start.why,
      lock === undefined ? 'no lockfile: npm install' : `${lock}: npm ci`,
      ...(build === undefined ? [] : [`package.json: scripts.${build} is "${manifest.scripts[build]}"`]),
      found?.why ?? `no file names a port: ${port}`,
    ],
    port,
    startCommand: start.command,
    dockerfile: renderDockerfile(recipe),
    dockerignore: await composeIgnore(tree, ignored),
    bases: Object.fromEntries([recipe.base.build, recipe.base.run].map((base) => [base.argument, base.id])),
    warnings: [
      ...(version.warning === undefined ? [] : [version.warning]),
      ...start.warnings,
      ...(lock === undefined ? ['No package-lock.json: two builds of the same source may differ; run `npm install` and commit it.'] : []),
      ...otherLocks(names),
    ],
  };
}

/** A lockfile of another package tool is not read; saying so beats a build that differs for no visible reason. */
function otherLocks(names: ReadonlySet<string>): string[] {
  return ['yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb']
    .filter((name) => names.has(name))
    .map((name) => `${name} is not read: berth installs with npm.`);
}

function buildScript({ scripts }: PackageJson): string | undefined {
  if (scripts['build'] !== undefined) return 'build';
  return scripts['prestart'] !== undefined && isBuild(scripts['prestart']) ? 'prestart' : undefined;
}

/** Workspaces, local packages and the project's own install scripts need more than the manifest when npm installs. */
function needsSource({ scripts, workspaces, dependencies, devDependencies }: PackageJson): boolean {
  if (workspaces !== undefined) return true;
  if (['preinstall', 'install', 'postinstall', 'prepare'].some((name) => scripts[name] !== undefined)) return true;
  return Object.values({ ...dependencies, ...devDependencies }).some((version) => /^(?:file|link|workspace):/.test(version));
}

type Facts = {
  readonly manifest: PackageJson;
  readonly start: Start;
  readonly lock: string | undefined;
  readonly version: string;
  readonly port: number;
  readonly build: string | undefined;
};

function toRecipe(facts: Facts): Recipe {
  const { start, lock, version, build } = facts;
  const install = lock === undefined ? 'npm install' : 'npm ci';
  const omit = start.needsDevelopment || build !== undefined ? '' : ' --omit=dev';
  const prune = start.needsDevelopment ? '' : ' && npm prune --omit=dev --no-audit --no-fund';
  const whole = needsSource(facts.manifest);
  const built = whole || build !== undefined;
  const steps = [npm(`${install}${omit} --no-audit --no-fund && mkdir -p node_modules`)];
  const compile = build === undefined ? [] : [npm(`npm run ${build}${prune}`)];
  const reference = `node:${version}-bookworm-slim`;
  return {
    base: {
      build: { argument: 'BERTH_BASE_NODE_BUILD', id: `node-build:${version}`, reference },
      run: { argument: 'BERTH_BASE_NODE', id: `node-run:${version}`, reference },
    },
    build: {
      manifests: ['package.json', ...(lock === undefined ? [] : [lock])],
      environment: { npm_config_update_notifier: 'false' },
      install: whole ? [] : steps,
      compile: whole ? [...steps, ...compile] : compile,
    },
    run: {
      environment: { NODE_ENV: 'production', PORT: String(facts.port), ...start.environment },
      // A build may write anywhere, packages too; without one, they stay a layer that a change of source leaves alone.
      copies: built ? [] : ['/app/node_modules'],
      source: built ? 'build' : 'context',
      port: facts.port,
      command: start.command,
    },
  };
}

function npm(command: string): InstallStep {
  return { command, access: 'node', caches: { 'berth-npm': '/root/.npm' } };
}
