import { BerthError } from '../../errors/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { resourceLabels } from './resource-labels.ts';

/** Makes sure that a volume of the project exists; an existing one of the same name is used as it is. */
export async function ensureVolume(ctx: RunContext, side: Side, key: string, signal: AbortSignal): Promise<void> {
  const volume = side.project.volumes.find((v) => v.key === key);
  if (volume === undefined) throw new BerthError('INTERNAL', `Release ${side.release} has no volume ${key}.`);
  const existing = await ctx.target.engine.inspectVolume(volume.name, signal);
  if (existing !== undefined || volume.external) return;
  await ctx.target.engine.createVolume(
    {
      Name: volume.name,
      ...(volume.driver === undefined ? {} : { Driver: volume.driver }),
      DriverOpts: volume.driverOpts,
      Labels: resourceLabels(ctx, 'volume', volume),
    },
    signal,
  );
}
