import { defineCommand } from '../command.ts';

/** `berth restart`. */
export const restart = defineCommand({
  name: 'restart',
  summary: 'replace the instances one after the other by fresh ones, without a gap',
  words: { name: 'SERVICE', min: 0, max: Infinity },
  flags: {},
  examples: [
    ['berth restart', 'all services'],
    ['berth restart web', 'one service'],
  ],
  async run(context, { words }) {
    const { appName } = await import('../load/app-name.ts');
    const { runRollout } = await import('../rollout/run-rollout.ts');
    const client = await context.world.servers.ensure();
    return await runRollout(context, { kind: 'restart', app: await appName(context, client), services: [...words] });
  },
});
