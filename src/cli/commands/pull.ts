import { defineCommand } from '../command.ts';

/** `berth pull`. */
export const pull = defineCommand({
  name: 'pull',
  summary: 'pull the images of the file, and change nothing else',
  words: { name: 'SERVICE', min: 0, max: Infinity },
  flags: {},
  examples: [
    ['berth pull', 'every service with an image'],
    ['berth pull web', 'one service'],
  ],
  async run(context, { words }) {
    const { loadDeployment } = await import('../load/deployment.ts');
    const { runRollout } = await import('../rollout/run-rollout.ts');
    return await runRollout(context, { kind: 'pull', deployment: await loadDeployment(context), services: [...words] });
  },
});
