import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { appImage, docker, get } from '../../e2e/harness/index.ts';
import { intervalMs, successes } from './shop.ts';

const socketPath = process.env['DOCKER_HOST']?.replace('unix://', '') ?? '/var/run/docker.sock';

/**
 * The time that nobody can save when instances are replaced one after the other: for each, the engine's create and
 * start (asked over its socket, as berth does), the application's own start, and the successes that the probe wants.
 * Requests here end within milliseconds, so draining costs nothing.
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
    await post(`/containers/create?name=${name}`, { Image: appImage, Env: ['VERSION=1'], HostConfig: { NetworkMode: network } });
    await post(`/containers/${name}/start`);
    const engineMs = performance.now() - startedMs;
    const address = await docker('inspect', '-f', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, name);
    const inspectedMs = performance.now();
    while ((await get(`http://${address}:3000/`)).status !== 200) await sleep(5);
    return engineMs + (performance.now() - inspectedMs);
  } finally {
    await docker('rm', '-f', name);
  }
}

async function post(path: string, body?: unknown): Promise<void> {
  const asked = request({ socketPath, path, method: 'POST', headers: { 'content-type': 'application/json' } });
  asked.end(body === undefined ? '' : JSON.stringify(body));
  const [reply] = (await once(asked, 'response')) as [IncomingMessage];
  reply.resume();
  await once(reply, 'end');
  if ((reply.statusCode ?? 500) >= 300) throw new Error(`The engine answered ${reply.statusCode} to ${path}.`);
}
