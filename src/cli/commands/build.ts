import { defineCommand } from '../command.ts';

/** `berth build`: the images of the file, without a rollout of instances. */
export const build = defineCommand({
  name: 'build',
  summary: 'build the images of the file, and change nothing else',
  words: { name: 'SERVICE', min: 0, max: Infinity },
  flags: { 'no-cache': { summary: 'build every step again' } },
  examples: [
    ['berth build', 'every service that is built from source'],
    ['berth build --no-cache web', 'one service, from scratch'],
  ],
  async run(context, { words, flags }) {
    const { loadDeployment } = await import('../load/deployment.ts');
    const { runRollout } = await import('../rollout/run-rollout.ts');
    const deployment = await loadDeployment(context);
    return await runRollout(context, { kind: 'build', deployment, services: [...words], noCache: flags['no-cache'] });
  },
});
