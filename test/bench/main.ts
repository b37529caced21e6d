import { buildBerth, makeAppImage, removeAppImage, removeBerth } from '../e2e/harness/index.ts';
import { accessLog } from './access-log.ts';
import type { Bench, Measurement } from './kit/bench.ts';
import { frontRollout } from './front-rollout.ts';
import { idle } from './idle.ts';
import { noop } from './noop.ts';
import { plan } from './plan.ts';
import { proxy } from './proxy.ts';
import { proxyUpgrade } from './proxy-upgrade.ts';
import { rolloutKill } from './rollout-kill.ts';
import { rollout } from './rollout.ts';
import { serverUpgrade } from './server-upgrade.ts';
import { spec } from './spec.ts';
import { startup } from './startup.ts';
import { tls } from './tls.ts';
import { tlsReload } from './tls-reload.ts';

const benches: readonly Bench[] = [
  rollout,
  rolloutKill,
  frontRollout,
  noop,
  proxy,
  accessLog,
  proxyUpgrade,
  serverUpgrade,
  tlsReload,
  tls,
  startup,
  idle,
  plan,
  spec,
];

/** Runs the benches that were named, and answers 1 when one number is not as promised. */
async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((arg) => !arg.startsWith('-'));
  const unknown = names.find((name) => name !== 'all' && !benches.some((bench) => bench.name === name));
  if (unknown !== undefined) return usage(`There is no bench ${unknown}.`);
  if (names.length === 0 || args.includes('--help')) return args.includes('--help') ? help(names) : usage('Name a bench, or `all`.');
  const chosen = names.includes('all') ? benches : benches.filter((bench) => names.includes(bench.name));
  const json = args.includes('--json');
  let ok = true;
  await Promise.all([buildBerth(), makeAppImage()]);
  try {
    for (const bench of chosen) {
      const measured = await bench.run((progress) => process.stderr.write(`${bench.name}: ${progress}\n`));
      for (const measurement of measured)
        console.log(json ? JSON.stringify({ bench: bench.name, ...measurement }) : line(bench.name, measurement));
      ok &&= measured.every((measurement) => measurement.ok);
    }
  } finally {
    await Promise.all([removeBerth(), removeAppImage()]);
  }
  return ok ? 0 : 1;
}

function line(bench: string, { metric, value, unit, peer, peerValue, ratio, budget, ok }: Measurement): string {
  const beside = peer === undefined ? '' : `; ${peer}: ${peerValue} ${unit}; ratio ${ratio}`;
  const promised = budget === undefined ? '' : `; budget ${budget}: ${ok ? 'ok' : 'NOT OK'}`;
  return `${bench.padEnd(12)} ${metric}: ${value} ${unit}${beside}${promised}`;
}

function help(names: readonly string[]): number {
  console.log('npm run bench -- NAME… [--json]      (`all` runs every one)\n');
  for (const { name, what, how } of benches.filter((bench) => names.length === 0 || names.includes(bench.name))) {
    console.log(`${name}: ${what}\n    ${how}\n`);
  }
  console.log('--json prints one line for each number: bench, metric, value, unit, peer, peerValue, ratio, budget, ok.');
  console.log('Exit 1 when a number is not as promised. Each bench leaves nothing of its own on the engine.');
  return 0;
}

function usage(why: string): number {
  console.error(`${why} Known: ${benches.map(({ name }) => name).join(', ')}. \`npm run bench -- --help\` says what each measures.`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
