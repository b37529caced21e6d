import { defineCommand } from '../command.ts';

/** `berth stop`. */
export const stop = defineCommand({
  name: 'stop',
  summary: 'stop services; they stay stopped over a reboot',
  words: { name: 'SERVICE', min: 0, max: Infinity },
  flags: {},
  examples: [
    ['berth stop', 'everything'],
    ['berth stop web', 'one service'],
  ],
  async run(context, { words }) {
    const { appName } = await import('../load/app-name.ts');
    const { runRollout } = await import('../rollout/run-rollout.ts');
    const client = await context.world.servers.ensure();
    return await runRollout(context, { kind: 'stop', app: await appName(context, client), services: [...words] });
  },
});
