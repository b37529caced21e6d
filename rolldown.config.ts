import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';

const root = import.meta.dirname;
const sources = new RegExp(`^${join(root, 'src').replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}/`);

/** What every command needs, without what only some load. */
const start = [
  'cli/commands/',
  ...['command', 'context', 'global-flags', 'help', 'main', 'parse', 'style', 'table'].map((name) => `cli/${name}.ts`),
  ...['cli-files', 'cli-input', 'cli-process', 'cli-servers', 'cli-world'].map((name) => `main/${name}.ts`),
  'errors/',
  ...['clock', 'index', 'nearest'].map((name) => `kit/${name}.ts`),
].map((file) => join(root, 'src', file));

/** What `up` needs besides. */
const deploy = [
  ...['application', 'deployment'].map((name) => `cli/load/${name}.ts`),
  ...['error', 'outcome-text', 'phrases', 'plain', 'renderer'].map((name) => `cli/render/${name}.ts`),
  ...['client', 'event-source', 'home', 'routes', 'server-link', 'transport', 'version'].map((name) => `client/${name}.ts`),
  ...['hash', 'frames', 'mutex'].map((name) => `kit/${name}.ts`),
  ...['errors', 'find'].map((name) => `docker/${name}.ts`),
  ...['load-auths', 'reference'].map((name) => `registry/${name}.ts`),
  'cli/rollout/',
  'cli/format.ts',
  'spec/',
].map((file) => join(root, 'src', file));

/** Loads `node:tls`, which costs 8 ms, for the few files that name certificates. */
const certificates = join(root, 'src/spec/certificate/');

/** Ships the licences of the packages whose code is in the bundle, as their terms ask. */
const notices: Plugin = {
  name: 'notices',
  generateBundle() {
    const folders = new Set([...this.getModuleIds()].flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []));
    const texts = [...folders].toSorted().map((folder) => {
      const name = folder.split(`${sep}node_modules${sep}`).at(-1) ?? folder;
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? `Licence: see ${join(name, 'package.json')}` : readFileSync(join(folder, file), 'utf8').trim();
      return `${name}\n${'-'.repeat(name.length)}\n\n${text}\n`;
    });
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source: texts.join('\n\n') });
  },
};

// What `npm pack` ships: the entry that turns on the compile cache, and chunks that are loaded when a verb needs them.
export const config = defineConfig({
  input: { cli: 'src/main/cli.ts', telemetry: 'src/main/telemetry.ts' },
  platform: 'node',
  // Our sources do nothing on import: what a folder exports and nobody uses costs no start.
  treeshake: { moduleSideEffects: [{ test: sources, sideEffects: false }] },
  plugins: [notices],
  output: {
    dir: 'dist',
    // Who imports `node:http` as an ES module has all its getters read, and with them undici loaded: 25 ms that `require` does not cost.
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    cleanDir: true,
    // In one file, for each file more costs every start half a millisecond.
    codeSplitting: {
      groups: [
        { name: 'start', test: (id) => start.some((file) => id.startsWith(file)), priority: 2 },
        { name: 'deploy', test: (id) => deploy.some((file) => id.startsWith(file)) && !id.startsWith(certificates), priority: 1 },
      ],
    },
  },
});

// rolldown reads the default export.
export default config;
