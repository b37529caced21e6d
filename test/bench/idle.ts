import { setTimeout as sleep } from 'node:timers/promises';
import { Site, web } from '../e2e/harness/index.ts';
import { atMost, type Bench } from './kit/bench.ts';
import { installBerth } from './kit/installed.ts';
import { childrenOf, cpuSeconds, privateBytes, residentBytes } from './kit/process.ts';

const settleMs = 10_000;
const overMs = 60_000;

/** What the server costs when nothing happens. */
export const idle: Bench = {
  name: 'idle',
  what: 'memory and processor time of the server, and of the process that counts its traffic, while nothing happens',
  how: `The installed berth; one app of three instances is up; ${settleMs / 1000} s after its rollout, resident memory of the server with what the counting process has besides, and processor time of both over ${overMs / 1000} s, both from /proc.`,
  async run(say) {
    await using installed = await installBerth();
    await using site = await Site.open({ launcher: installed.file });
    site.compose(web({ replicas: 3 }));
    await site.ok('up');
    const pid = await site.serverPid();
    await sleep(settleMs);
    const all = [pid, ...childrenOf(pid)];
    if (all.length !== 2) throw new Error(`The server has ${all.length - 1} children, and should have the one that counts.`);
    say(`watching processes ${all.join(' and ')} for ${overMs / 1000} s`);
    const used = (): number => all.reduce((sum, one) => sum + cpuSeconds(one), 0);
    const before = used();
    const startedMs = performance.now();
    await sleep(overMs);
    const share = ((used() - before) / ((performance.now() - startedMs) / 1000)) * 100;
    const memory = all.slice(1).reduce((sum, child) => sum + privateBytes(child), residentBytes(pid));
    return [atMost('resident memory', memory / 2 ** 20, 'MiB', 120), atMost('processor', share, '% of a core', 1)];
  },
};
