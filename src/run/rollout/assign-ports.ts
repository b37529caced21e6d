import { sha256 } from '../../kit/index.ts';
import { BerthError } from '../../errors/index.ts';
import type { Project, PublishedPort, Service } from '../../model/index.ts';
import type { RunContext } from '../deps.ts';

/** Where the kernel and Docker themselves take ports from that nobody asked for. */
const range = { first: 32_768, count: 28_232 };

/**
 * Gives every TCP port that the file publishes without saying where (`ports: ["3000"]`) a port of the machine. It is
 * chosen once and kept with the app, so that an address somebody wrote down stays good.
 */
export async function assignPorts(ctx: RunContext, project: Project, options: { readonly keep: boolean }): Promise<Project> {
  if (!project.services.some((s) => s.ports.some(isOpen))) return project;
  const taken = new Set(ctx.store.listEdges().flatMap((e) => e.listeners.map((l) => l.port)));
  const services: Service[] = [];
  for (const service of project.services) {
    const ports: PublishedPort[] = [];
    for (const [index, p] of service.ports.entries()) {
      ports.push(
        isOpen(p)
          ? {
              ...p,
              published: await assign(ctx, { key: `port:${ctx.app}:${service.name}:${p.target}:${index}`, taken, keep: options.keep }),
            }
          : p,
      );
    }
    services.push({ ...service, ports });
  }
  return { ...project, services };
}

function isOpen(p: PublishedPort): boolean {
  return p.protocol === 'tcp' && p.published === undefined;
}

async function assign(ctx: RunContext, input: { key: string; taken: Set<number>; keep: boolean }): Promise<number> {
  const kept = ctx.store.getSetting(input.key);
  if (kept !== undefined) return Number(kept);
  const start = Number.parseInt(sha256(input.key).slice(0, 8), 16);
  for (let i = 0; i < range.count; i++) {
    const port = range.first + ((start + i) % range.count);
    if (input.taken.has(port) || (await ctx.target.dataPlane.portHolder({ address: '', port })) !== undefined) continue;
    input.taken.add(port);
    if (input.keep) ctx.store.putSetting(input.key, String(port));
    return port;
  }
  throw new BerthError('PORT_TAKEN', `No free port was found between ${range.first} and ${range.first + range.count - 1}.`, {
    hint: 'Write which port to publish.',
  });
}
