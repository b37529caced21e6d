// What `.ci/run` does: every part one after the other, whatever the one before came to, and the count of them all. The
// checks run the unit tests, so that the tests after them are all others.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureEngine, stopEngine } from './setup/engine.mjs';
import { hand, main, root } from './setup/process.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const reports = path.join(root, '.cache/report');

await main(async () => {
  rmSync(reports, { recursive: true, force: true });
  // A home of its own: an application that somebody runs on this machine is none of this run's business.
  const home = mkdtempSync(path.join(tmpdir(), 'berth-ci-'));
  const environment = { ...process.env, BERTH_HOME: home };
  const { started } = await ensureEngine();
  /** @type {Counts} */
  let total = { passed: 0, failed: 0, skipped: 0 };
  /** @param {Counts} counts */
  const add = (counts) => void (total = plus(total, counts));
  try {
    add(await part(['run', 'check'], environment, readCheck));
    add(await part(['run', 'quickstart'], environment));
    add(await part(['run', 'quickstart', '--', '--down'], environment));
    add(await part(['test', '--', '--project', '!unit'], process.env, () => readTests('test')));
  } finally {
    if (started) await stopEngine();
    rmSync(home, { recursive: true, force: true });
  }
  const { passed, failed, skipped } = total;
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 && passed > 0 ? 0 : 1;
});

/**
 * Runs one npm script and answers what it came to. A script without a report of its own counts as one; one that failed
 * counts as a failure even if its report does not say so.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} environment
 * @param {() => Counts} [read]
 * @returns {Promise<Counts>}
 */
async function part(args, environment, read) {
  const name = `npm ${args.join(' ')}`;
  console.log(`\n=== ${name}`);
  const startedMs = Date.now();
  const code = await hand('npm', ['--no-update-notifier', ...args], environment);
  console.log(`=== ${name}: exit ${code} after ${Math.round((Date.now() - startedMs) / 1000)} s`);
  const counts = read === undefined ? { passed: code === 0 ? 1 : 0, failed: 0, skipped: 0 } : readSafely(read);
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/**
 * @param {Counts} a
 * @param {Counts} b
 * @returns {Counts}
 */
function plus(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** @param {() => Counts} read */
function readSafely(read) {
  try {
    return read();
  } catch (error) {
    console.log(`=== no report: ${String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function readCheck() {
  const { passed, failed } = JSON.parse(readFileSync(path.join(reports, 'check.json'), 'utf8'));
  return plus({ passed, failed, skipped: 0 }, readTests('unit'));
}

/**
 * Skipped tests are named: why is in the name of each.
 * @param {string} name
 */
function readTests(name) {
  const report = JSON.parse(readFileSync(path.join(reports, `${name}.json`), 'utf8'));
  for (const { assertionResults } of report.testResults) {
    for (const { status, fullName } of assertionResults)
      if (status === 'skipped' || status === 'pending') console.log(`skipped: ${fullName}`);
  }
  const broken = report.testResults.filter(
    (/** @type {{ status: string, assertionResults: unknown[] }} */ file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length, skipped: report.numPendingTests };
}
