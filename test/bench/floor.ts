import { setTimeout as sleep } from 'node:timers/promises';
import { appImage, docker, get } from '../e2e/harness/index.ts';
import { intervalMs, successes } from './shop.ts';

/**
 * The time that nobody can save when instances are replaced one after the other: for each, the engine's create and
 * start, the application's own start, and the successes that the probe wants. Requests here end within milliseconds,
 * so draining costs nothing.
 */
export async function floorMs(instances: number): Promise<number> {
  const network = `berth-bench-${process.pid}`;
  await docker('network', 'create', network);
  let total = 0;
  try {
    for (let at = 0; at < instances; at++) total += (await oneInstanceMs(network, `${network}-${at}`)) + (successes - 1) * intervalMs;
  } finally {
    await docker('network', 'rm', network);
  }
  return total;
}

async function oneInstanceMs(network: string, name: string): Promise<number> {
  const startedMs = performance.now();
  try {
    await docker('create', '--name', name, '--network', network, '-e', 'VERSION=1', appImage);
    await docker('start', name);
    const commandsMs = performance.now();
    const address = await docker('inspect', '-f', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, name);
    const inspectedMs = performance.now() - commandsMs;
    while ((await get(`http://${address}:3000/`)).status !== 200) await sleep(5);
    return performance.now() - startedMs - inspectedMs;
  } finally {
    await docker('rm', '-f', name);
  }
}
