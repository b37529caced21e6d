import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Site, web } from '../e2e/harness/index.ts';
import { atMost, type Bench } from './bench.ts';
import { installBerth } from './installed.ts';

const settleMs = 10_000;
const overMs = 60_000;
/** Ticks of /proc/<pid>/stat a second: fixed for user space on Linux. */
const ticksPerSecond = 100;

/** What the server costs when nothing happens. */
export const idle: Bench = {
  name: 'idle',
  what: 'memory and processor time of the server while nothing happens',
  how: `The installed berth; one app of three instances is up; ${settleMs / 1000} s after its rollout, resident memory, and processor time over ${overMs / 1000} s, both from /proc.`,
  async run(say) {
    await using installed = await installBerth();
    await using site = await Site.open({ launcher: installed.file });
    site.compose(web({ replicas: 3 }));
    await site.ok('up');
    const pid = await site.serverPid();
    await sleep(settleMs);
    say(`watching process ${pid} for ${overMs / 1000} s`);
    const before = cpuTicks(pid);
    const startedMs = performance.now();
    await sleep(overMs);
    const seconds = (performance.now() - startedMs) / 1000;
    const share = ((cpuTicks(pid) - before) / ticksPerSecond / seconds) * 100;
    return [atMost('resident memory', residentBytes(pid) / 2 ** 20, 'MiB', 120), atMost('processor', share, '% of a core', 1)];
  },
};

function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`Process ${pid} tells no memory.`);
  return Number(kib) * 1024;
}
