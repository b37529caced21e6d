import { defineCommand } from '../command.ts';
import { yesFlag } from '../global-flags.ts';

/** `berth up`: the main job. */
export const up = defineCommand({
  name: 'up',
  summary: 'build, start, check and switch to what the file says now',
  description:
    'Builds what changed, starts the new instances, checks them, moves the traffic over without losing a request, and goes back by itself when the new release is bad. Without a Compose file the stack is detected from the source.',
  words: { name: 'SERVICE', min: 0, max: Infinity },
  flags: {
    yes: yesFlag,
    build: { negatable: true, summary: 'always build, or never (otherwise: when the source changed)' },
    detach: { short: 'd', summary: 'return at once; `berth events -f` shows the rest' },
  },
  examples: [
    ['berth up', 'roll out what compose.yaml says'],
    ['berth up web', 'only the service web, and what it depends on'],
    ['berth -e staging up', 'with compose.staging.yaml and .env.staging on top'],
    ['berth up --strict', 'refuse keys that berth does not act on'],
  ],
  async run(context, { words, flags }) {
    const { loadDeployment } = await import('../load/deployment.ts');
    const { runRollout } = await import('../rollout/run-rollout.ts');
    const deployment = await loadDeployment(context);
    const build = flags.build === undefined ? 'auto' : flags.build ? 'always' : 'never';
    return await runRollout(context, { kind: 'up', deployment, services: [...words], build }, { detach: flags.detach });
  },
});
