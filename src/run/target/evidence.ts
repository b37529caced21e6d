import { explainExit, labels, type Evidence, type ProbeResult } from '../../model/index.ts';
import type { ContainerDetails, Host, LogLine } from '../../ports/index.ts';
import type { RunContext } from '../deps.ts';

/** How many log lines a failure shows. */
const logLines = 20;

type Input = {
  readonly instance: string;
  readonly gate: string;
  readonly probes: readonly ProbeResult[];
  readonly port: number | undefined;
};

/** Collects what explains a failed instance. What cannot be read any more is left out: evidence never hides the failure. */
export async function gatherEvidence(ctx: Pick<RunContext, 'target' | 'host'>, input: Input): Promise<Evidence> {
  const details = await settled(ctx.target.engine.inspectContainer(input.instance));
  const listening = details === undefined || details.pid === 0 ? [] : ((await settled(ctx.host.listeners(details.pid))) ?? []);
  const logs = details === undefined ? [] : ((await settled(lastLines(ctx, details.id))) ?? []);
  const isOver = details !== undefined && (details.state === 'exited' || details.state === 'dead' || details.state === 'restarting');
  const exit = isOver ? explainExit(details.exitCode, details.oomKilled) : details && (await settled(endBefore(ctx, details)));
  const texts = listening.map((l) => `${l.address.includes(':') ? `[${l.address}]` : l.address}:${l.port}`);
  const diagnosis =
    details?.error !== undefined && details.error !== ''
      ? details.error
      : diagnose({ listening, port: input.port, isOver, oomKilled: details?.oomKilled === true });
  return { instance: input.instance, gate: input.gate, probes: input.probes, listening: texts, exit, logs, diagnosis };
}

/** One sentence when the cause is plain from the sockets alone. */
export function diagnose(input: {
  listening: Awaited<ReturnType<Host['listeners']>>;
  port: number | undefined;
  isOver: boolean;
  oomKilled: boolean;
}): string | undefined {
  const { listening, port } = input;
  if (input.oomKilled) return 'It was killed because it used more memory than its limit: raise deploy.resources.limits.memory.';
  if (input.isOver) return 'It ended by itself: see its exit code and its last log lines.';
  if (port === undefined) return undefined;
  const onPort = listening.filter((l) => l.port === port);
  const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';
  if (onPort.length > 0 && onPort.every((l) => isLoopback(l.address))) {
    return `It listens on ${onPort[0]?.address}:${port} only, so nothing outside the container can reach it: make it listen on 0.0.0.0.`;
  }
  // The engine's own DNS server listens on 127.0.0.11 in every container on a user network.
  const others = [...new Set(listening.filter((l) => l.address !== '127.0.0.11' && l.port !== port).map((l) => l.port))];
  if (onPort.length === 0 && others.length > 0)
    return `It listens on port ${others.join(', ')}, not on ${port}: set x-berth.port or the target of \`ports\` to match.`;
  if (onPort.length === 0) return `It listens on no port yet; ${port} was expected.`;
  return undefined;
}

async function lastLines(ctx: Pick<RunContext, 'target'>, id: string): Promise<string[]> {
  const lines: LogLine[] = [];
  for await (const line of ctx.target.engine.containerLogs(id, { tail: logLines }, AbortSignal.timeout(5000))) lines.push(line);
  return lines.slice(-logLines).map((l) => l.text);
}

/** How a container ended that runs again: the engine has forgotten the exit code, its events have not. */
async function endBefore(ctx: Pick<RunContext, 'target'>, details: ContainerDetails): Promise<string | undefined> {
  if (details.restartCount === 0) return undefined;
  const query = { labels: { [labels.instance]: details.name }, sinceMs: 0 };
  let isOutOfMemory = false;
  for await (const { id, action, attributes } of ctx.target.engine.watchEvents(query, AbortSignal.timeout(2000))) {
    if (id !== details.id) continue;
    isOutOfMemory ||= action === 'oom';
    if (action === 'die') return explainExit(Number(attributes['exitCode']), isOutOfMemory);
  }
  return undefined;
}

async function settled<T>(promise: Promise<T>): Promise<T | undefined> {
  const [result] = await Promise.allSettled([promise]);
  return result.status === 'fulfilled' ? result.value : undefined;
}
