import { defineCommand } from '../command.ts';
import { BerthError } from '../../errors/index.ts';

/** `berth rollback`: an old release again, with the same gates as any other. */
export const rollback = defineCommand({
  name: 'rollback',
  summary: 'go back to the release before, or to the one that is named',
  words: { name: 'RELEASE', min: 0, max: 1 },
  flags: {},
  examples: [
    ['berth rollback', 'the release before the current one'],
    ['berth rollback 41', 'release 41, as a new release'],
  ],
  async run(context, { words }) {
    const { appName } = await import('../load/app-name.ts');
    const { runRollout } = await import('../rollout/run-rollout.ts');
    const [word] = words;
    const to = word === undefined ? {} : { to: toNumber(word) };
    const client = await context.world.servers.ensure();
    return await runRollout(context, { kind: 'rollback', app: await appName(context, client), ...to });
  },
});

function toNumber(word: string): number {
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word);
  throw new BerthError('USAGE', `\`${word}\` is not the number of a release.`, { hint: 'Run `berth history` to see them.' });
}
