import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checks, type Check } from './checks.ts';
import { runProgram } from './program.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Runs every check, two at a time since each has more than one thread of its own, and prints what failed. */
async function main(): Promise<number> {
  const startedAtMs = Date.now();
  const waiting = [...checks];
  const failed: string[] = [];
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) if (!(await runCheck(check))) failed.push(check.name);
  };
  await Promise.all([worker(), worker()]);
  mkdirSync(path.join(root, '.cache/report'), { recursive: true });
  writeFileSync(
    path.join(root, '.cache/report/check.json'),
    JSON.stringify({ passed: checks.length - failed.length, failed: failed.length }),
  );
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
  console.log(failed.length === 0 ? `check: ok in ${seconds} s` : `check: ${failed.join(', ')} failed after ${seconds} s`);
  return failed.length === 0 ? 0 : 1;
}

async function runCheck(check: Check): Promise<boolean> {
  const startedAtMs = Date.now();
  const { code, output } = await runProgram(check.command, root);
  const ok = code === 0;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${check.name.padEnd(16)} ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`);
  if (!ok) console.log(`${output.trimEnd()}\n`);
  return ok;
}

process.exitCode = await main();
