import { defineCommand } from '../command.ts';

/** `berth start`. */
export const start = defineCommand({
  name: 'start',
  summary: 'start what was stopped',
  words: { name: 'SERVICE', min: 0, max: Infinity },
  flags: {},
  examples: [
    ['berth start', 'everything'],
    ['berth start web', 'one service'],
  ],
  async run(context, { words }) {
    const { appName } = await import('../load/app-name.ts');
    const { runRollout } = await import('../rollout/run-rollout.ts');
    const client = await context.world.servers.ensure();
    return await runRollout(context, { kind: 'start', app: await appName(context, client), services: [...words] });
  },
});
