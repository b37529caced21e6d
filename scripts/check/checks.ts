import { report } from './report.mjs';

/** One thing that `npm run check` asks: a program that exits 0 for a good answer. */
export type Check = { readonly name: string; readonly command: readonly string[] };

/** All that must hold before a change is sent, the slow ones first. Programs come from node_modules/.bin. */
export const checks: readonly Check[] = [
  { name: 'unit tests', command: ['vitest', 'run', '--project', 'unit', ...report('unit')] },
  { name: 'lint and layers', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'unused code', command: ['knip', '--no-progress'] },
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'generated files', command: ['node', 'scripts/generate/main.ts', '--check'] },
  // Changes nothing: says whether the lockfile fits package.json on every platform.
  { name: 'lockfile', command: ['npm', 'ci', '--dry-run', '--no-audit', '--no-fund'] },
  { name: 'words', command: ['node', 'scripts/check/words.ts'] },
];
