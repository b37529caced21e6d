import { defineCommand } from '../command.ts';
import { BerthError } from '../../errors/index.ts';

/** `berth scale`: another number of instances, until the next `up`. */
export const scale = defineCommand({
  name: 'scale',
  summary: 'run another number of instances, until the next `up`',
  words: { name: 'SERVICE=N', min: 1, max: Infinity },
  flags: {},
  examples: [
    ['berth scale web=5', 'five instances of web'],
    ['berth scale web=5 api=2', 'two services at once'],
  ],
  async run(context, { words }) {
    const { appName } = await import('../load/app-name.ts');
    const { runRollout } = await import('../rollout/run-rollout.ts');
    const replicas = Object.fromEntries(words.map(toReplicas));
    const client = await context.world.servers.ensure();
    return await runRollout(context, { kind: 'scale', app: await appName(context, client), replicas });
  },
});

function toReplicas(word: string): [string, number] {
  const [, service, number] = /^([^=]+)=(\d{1,4})$/.exec(word) ?? [];
  if (service !== undefined && number !== undefined) return [service, Number(number)];
  throw new BerthError('USAGE', `\`${word}\` is not SERVICE=N.`, { hint: 'For example: `berth scale web=5`.' });
}
