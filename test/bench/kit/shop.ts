import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Load, mixedStreams } from '../../../scripts/load/load.ts';
import { losses, sum, type LoadReport } from '../../../scripts/load/plan.ts';
import { labels } from '../../../src/model/index.ts';
import { docker, seenMount, Site } from '../../e2e/harness/index.ts';

export const replicas = 3;
export const successes = 2;
export const intervalMs = 1000;
export const watchMs = 1000;

/** The application that the rollout benches update: three instances with the probe's defaults and a short watch. */
export async function openShop(): Promise<Site> {
  const site = await Site.open();
  site.compose(shopFile(replicas));
  site.variables({ VERSION: '1' });
  await site.ok('up');
  return site;
}

/** A second application of the same home, which comes and goes: each time the edge gets or loses a port. */
export async function openNeighbour(site: Site): Promise<Site> {
  const other = await Site.open({ home: site.home });
  other.compose(shopFile(1));
  return other;
}

export function shopFile(count: number): string {
  return `services:
  web:
    image: $IMAGE
    ports: ["$PORT:3000"]
    environment: { VERSION: "\${VERSION:-1}" }
    deploy: { replicas: ${count} }
${count > 1 ? seenMount : ''}
    x-berth:
      port: 3000
      protocol: http
      probe: { http: /, interval: ${intervalMs}ms, successes: ${successes}, within: 30s }
      rollout: { drain: 10s, watch: ${watchMs}ms }
`;
}

/** The address of the front of `web`. */
export async function frontAddress(site: Site): Promise<string> {
  const filters = [`label=${labels.app}=${site.name}`, `label=${labels.role}=front`].flatMap((filter) => ['--filter', filter]);
  const id = await docker('ps', '-q', ...filters);
  return docker('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', id);
}

/** The load of DESIGN §11: keep-alive and close connections, and POSTs with ids of their own; at least 1,000 a second. */
export function startShopLoad(site: Site): Load {
  return new Load([
    ...mixedStreams(site.url(), 1150),
    { name: 'post', url: site.url('/orders'), method: 'POST', connections: 6, keepAlive: true, perSecond: 60 },
  ]);
}

/** What a load run came to: losses, POSTs executed twice or not at all, and what to say of losses. */
export function judge(
  site: Site,
  report: LoadReport,
): { requests: number; lost: number; wrongPosts: number; perSecond: number; why: string } {
  const executed = new Map<string, number>();
  for (const id of site.seen()) executed.set(id, (executed.get(id) ?? 0) + 1);
  const acknowledged = report.streams['post']?.acknowledged ?? [];
  const missing = acknowledged.filter((id) => !executed.has(id)).length;
  const twice = [...executed.values()].filter((times) => times > 1).length;
  const total = sum(report);
  return { ...total, wrongPosts: missing + twice, perSecond: total.requests / report.seconds, why: losses(report) };
}

/** Rolls out a version, and answers how long that took, the watch left out; undefined, and told why, when it failed. */
export async function updateMs(site: Site, version: number, say: (why: string) => void): Promise<number | undefined> {
  site.variables({ VERSION: String(version) });
  const { code, out, err } = await site.berth('up', '--json');
  if (code === 0) return (JSON.parse(out) as { tookMs: number }).tookMs - watchMs;
  say(`the update to ${version} exited ${code}: ${err}`);
  return undefined;
}

/** Kills the server at a moment within the next so many milliseconds; answers whether there was one to kill. */
export async function killServerWithin(pid: number, ms: number): Promise<boolean> {
  await sleep(randomInt(50, Math.max(51, Math.round(ms))));
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
