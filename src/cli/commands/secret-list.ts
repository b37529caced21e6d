import { defineCommand } from '../command.ts';
import { terminalWidth } from '../context.ts';

/** `berth secret list`: names and versions, never values. */
export const secretList = defineCommand({
  name: 'secret list',
  summary: 'list the secrets that the app can use: versions, dates, and the releases that use them',
  flags: { all: { short: 'a', summary: 'those of every app' } },
  examples: [
    ['berth secret list', 'those of the app here, and those for every app'],
    ['berth secret list --all --json', 'all of this installation, as data'],
  ],
  async run(context, { flags }) {
    const { secretScope } = await import('../secret/scope.ts');
    const { secretsText } = await import('../render/secrets-text.ts');
    const { app } = await secretScope(context, { shared: flags.all });
    const client = await context.world.servers.ensure();
    const secrets = await client.listSecrets(app === undefined ? {} : { app });
    if (context.globals.json) context.printJson({ secrets });
    else context.print(secretsText(secrets, terminalWidth(context)));
    return 0;
  },
});
