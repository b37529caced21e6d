import { existsSync } from 'node:fs';
import path from 'node:path';
import { SetupError, root } from './process.mjs';

const wanted = 24;

/**
 * The Node that the project runs on: the one that npm brought, else this one if it is new enough.
 * @returns {string}
 */
export function findNode() {
  const packaged = path.join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split('.')[0]) >= wanted) return process.execPath;
  throw new SetupError(
    `No Node ${wanted} for ${process.platform} ${process.arch} came with npm; install Node ${wanted} and run this again.`,
  );
}

/**
 * This process's environment with the project's own Node and tools first on the PATH.
 * @returns {NodeJS.ProcessEnv}
 */
export function projectEnvironment() {
  const directories = [path.dirname(findNode()), path.join(root, 'node_modules/.bin'), process.env.PATH ?? ''];
  return { ...process.env, PATH: directories.join(path.delimiter) };
}
