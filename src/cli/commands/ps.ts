import { defineCommand } from '../command.ts';
import { terminalWidth } from '../context.ts';

/** `berth ps`: the instances of an app. */
export const ps = defineCommand({
  name: 'ps',
  summary: 'list the instances of the app, their release, health and URL',
  words: { name: 'SERVICE', min: 0, max: Infinity },
  flags: { all: { short: 'a', summary: 'every app of this installation' } },
  examples: [
    ['berth ps', 'the app of this directory'],
    ['berth ps --all', 'all apps'],
    ['berth ps --json', 'the same as data'],
  ],
  async run(context, { words, flags }) {
    const { appName, needServices } = await import('../load/app-name.ts');
    const { psText } = await import('../render/ps-text.ts');
    const client = await context.world.servers.ensure();
    const apps = flags.all ? await client.listApps({}) : [await client.getApp({ app: await appName(context, client) })];
    const wanted = apps.map((app) => needServices(app, words));
    const [only] = wanted;
    if (context.globals.json) context.printJson(flags.all ? wanted : only);
    else if (only === undefined) context.print('no app runs here; `berth up` deploys one');
    else
      context.print(
        wanted
          .map((app) => psText(app, { style: context.out, columns: terminalWidth(context), nowMs: context.world.clock.now() }))
          .join('\n\n'),
      );
    return 0;
  },
});
