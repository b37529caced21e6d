import { join } from 'node:path';
import { defineConfig } from 'rolldown';

const sources = new RegExp(`^${join(import.meta.dirname, 'src').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}/`);

// What `npm pack` ships: the entry that turns on the compile cache, and chunks that are loaded when a verb needs them.
export const config = defineConfig({
  input: { cli: 'src/main/cli.ts' },
  platform: 'node',
  // Our sources do nothing on import: what a folder exports and nobody uses costs no start.
  treeshake: { moduleSideEffects: [{ test: sources, sideEffects: false }] },
  output: { dir: 'dist', entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs', cleanDir: true },
});

// rolldown reads the default export.
// oxlint-disable-next-line import/no-default-export
export default config;
