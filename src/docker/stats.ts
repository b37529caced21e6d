import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../ports/index.ts';
import { toStats, type RawStats } from './from-engine.ts';
import { segment, type EngineHttp } from './http.ts';

/** Readings that are kept to tell the CPU use since the last one. */
const kept = 1000;
/** Pause between two readings when there is no earlier one. */
const pauseMs = 100;

type Reading = { readonly cpuNs: number; readonly atMs: number };

/** The `containerStats` of the port: one-shot readings; CPU is the mean since the last reading of that container. */
export function statsCalls(http: EngineHttp): Pick<Engine, 'containerStats'> {
  const last = new Map<string, Reading>();

  async function read(id: string, signal: AbortSignal | undefined): Promise<RawStats | undefined> {
    const raw = await http.get<RawStats>({
      path: `/containers/${segment(id)}/stats`,
      query: { stream: false, 'one-shot': true },
      doing: `read the statistics of container ${id}`,
      signal,
    });
    // A stopped container answers zeros.
    return raw === undefined || raw.pids_stats?.current === undefined ? undefined : raw;
  }

  function remember(id: string, reading: Reading): void {
    last.delete(id);
    last.set(id, reading);
    const oldest = last.keys().next().value;
    if (last.size > kept && oldest !== undefined) last.delete(oldest);
  }

  return {
    async containerStats(id, signal) {
      let before = last.get(id);
      if (before === undefined) {
        const first = await read(id, signal);
        if (first === undefined) return undefined;
        before = toReading(first);
        await sleep(pauseMs, undefined, { signal });
      }
      const raw = await read(id, signal);
      if (raw === undefined) {
        last.delete(id);
        return undefined;
      }
      const now = toReading(raw);
      remember(id, now);
      const spanNs = (now.atMs - before.atMs) * 1e6;
      // A restart counts from zero again.
      const usedNs = now.cpuNs >= before.cpuNs ? now.cpuNs - before.cpuNs : now.cpuNs;
      return { cpuPercent: spanNs > 0 ? (usedNs / spanNs) * 100 : 0, ...toStats(raw) };
    },
  };
}

function toReading(raw: RawStats): Reading {
  return { cpuNs: raw.cpu_stats?.cpu_usage?.total_usage ?? 0, atMs: Date.parse(raw.read ?? '') };
}
