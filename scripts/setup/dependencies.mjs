import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError, root, run, say } from './process.mjs';

const nodePackage = `node_modules/node-${process.platform}-${process.arch}`;

/** Makes node_modules equal to package-lock.json, with `npm ci`, if it is not. */
export async function ensureDependencies() {
  const stale = findStale();
  if (stale === undefined) return;
  say(`npm ci (${stale})`);
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const { code, output } = npm === undefined ? await run('npm', args) : await run(process.execPath, [npm, ...args]);
  if (code !== 0) throw new SetupError(`Could not install the dependencies: npm ci exited ${code}.\n${output.trim()}`);
}

/**
 * Why node_modules does not fit the lockfile, or undefined. npm keeps what it installed in a lockfile of its own.
 * @returns {string | undefined}
 */
function findStale() {
  const wanted = readPackages(path.join(root, 'package-lock.json'));
  if (wanted === undefined) throw new SetupError('package-lock.json is missing or damaged; check out the repository again.');
  const installed = readPackages(path.join(root, 'node_modules/.package-lock.json'));
  if (installed === undefined) return 'node_modules is missing';
  for (const [name, { version, optional }] of Object.entries(wanted)) {
    // npm leaves optional packages out where they do not run; the one that is needed is this machine's Node.
    if (name === '' || (optional && installed[name] === undefined && name !== nodePackage)) continue;
    if (installed[name]?.version !== version) return `${name.replace('node_modules/', '')} ${version} is missing`;
  }
  return undefined;
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }> | undefined}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT')) return undefined;
    throw error;
  }
}
