import { defineCommand } from '../command.ts';

/** `berth version`: this program's and the running server's. */
export const version = defineCommand({
  name: 'version',
  summary: 'print the versions of berth and of the running server',
  flags: {},
  examples: [['berth version', 'both versions']],
  async run(context) {
    const { world } = context;
    const running = await world.servers.existing();
    const server = running === undefined ? undefined : (await running.client.status({})).version;
    if (context.globals.json) context.printJson({ version: world.version, server });
    else context.print(`berth ${world.version}${server === undefined ? '' : `, server ${server}`}`);
    return 0;
  },
});
