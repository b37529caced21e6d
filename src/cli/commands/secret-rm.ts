import { defineCommand } from '../command.ts';
import { yesFlag } from '../global-flags.ts';

/** `berth secret rm`: forgets a secret. */
export const secretRm = defineCommand({
  name: 'secret rm',
  summary: 'remove every version of a secret; one that a serving release uses stays',
  description: 'Earlier releases that use it cannot be brought back with `berth rollback` afterwards.',
  words: { name: 'NAME', min: 1, max: 1 },
  flags: { yes: yesFlag, shared: { summary: 'one that every app of this installation may use' } },
  examples: [
    ['berth secret rm OLD_TOKEN', 'asks first'],
    ['berth -e dev secret rm OLD_TOKEN -y', 'that of one environment, without asking'],
  ],
  async run(context, { words: [name = ''], flags }) {
    const { confirm } = await import('../confirm.ts');
    const { count } = await import('../format.ts');
    const { scopeText, secretScope } = await import('../secret/scope.ts');
    const scope = await secretScope(context, flags);
    await confirm(context, `Remove every version of the secret ${name} of ${scopeText(scope)}?`);
    const client = await context.world.servers.ensure();
    const { versions } = await client.removeSecret({ ...scope, name });
    if (context.globals.json) context.printJson({ ...scope, name, versions });
    else context.print(`removed ${name} of ${scopeText(scope)} (${count(versions, 'version')})`);
    return 0;
  },
});
