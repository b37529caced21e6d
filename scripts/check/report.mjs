import path from 'node:path';
import { root } from '../setup/process.mjs';

/**
 * Arguments that let vitest, besides what it prints, leave its counts in `.cache/report/<name>.json` for `.ci/run`.
 * @param {string} name
 */
export function report(name) {
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${path.join(root, '.cache/report', `${name}.json`)}`];
}
