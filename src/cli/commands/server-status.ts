import { defineCommand } from '../command.ts';

/** `berth server status`: which server runs, if any. */
export const serverStatus = defineCommand({
  name: 'server status',
  summary: 'whether the server runs, and since when',
  flags: {},
  examples: [
    ['berth server status', 'pid, version, home, engine, uptime and apps'],
    ['berth server status --json', 'the same as data'],
  ],
  async run(context) {
    const { serverText } = await import('../render/server-text.ts');
    const { servers } = context.world;
    const home = (await servers.home()).directory;
    const running = await servers.existing();
    const status = running === undefined ? undefined : await running.client.status({});
    if (context.globals.json) context.printJson(status === undefined ? { running: false, home } : { running: true, ...status });
    else context.print(status === undefined ? `no server runs for ${home}; the next command that needs one starts it` : serverText(status));
    return 0;
  },
});
