import { defineCommand } from '../command.ts';
import { terminalWidth } from '../context.ts';

/** `berth history`: the releases of an app. */
export const history = defineCommand({
  name: 'history',
  summary: 'list the releases of the app, newest first',
  flags: {},
  examples: [
    ['berth history', 'which one serves, and which ones `rollback` can go to'],
    ['berth history --json', 'the same as data'],
  ],
  async run(context) {
    const { appName } = await import('../load/app-name.ts');
    const { historyText } = await import('../render/history-text.ts');
    const client = await context.world.servers.ensure();
    const app = await appName(context, client);
    const releases = await client.listReleases({ app });
    if (context.globals.json) context.printJson({ app, releases });
    else
      context.print(historyText(app, releases, { style: context.out, columns: terminalWidth(context), nowMs: context.world.clock.now() }));
    return 0;
  },
});
