import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of /proc/<pid>/stat a second: fixed for user space on Linux. */
const ticksPerSecond = 100;

/** The processor time that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** The processes that a process has started and that still run. */
export function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((other) => parentOf(other) === pid);
}

export function residentBytes(pid: number): number {
  return kibIn(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m);
}

/** What a process has for itself: what it shares with another of the same program is that one's. */
export function privateBytes(pid: number): number {
  const file = `/proc/${pid}/smaps_rollup`;
  return kibIn(file, /^Private_Clean:\s+(\d+) kB/m) + kibIn(file, /^Private_Dirty:\s+(\d+) kB/m);
}

function kibIn(file: string, pattern: RegExp): number {
  const kib = pattern.exec(readFileSync(file, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`${file} does not tell ${pattern}.`);
  return Number(kib) * 1024;
}

/** What follows the name, which may hold anything. */
function statOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
}

/** Undefined for one that ended meanwhile. */
function parentOf(pid: number): number | undefined {
  try {
    return Number(statOf(pid)[1]);
  } catch {
    return undefined;
  }
}
