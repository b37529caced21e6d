import { defineCommand } from '../command.ts';

/** `berth server install`: the server starts with the machine. */
export const serverInstall = defineCommand({
  name: 'server install',
  summary: 'start the server with the machine: a systemd unit, or the cron line to add',
  flags: {},
  examples: [['berth server install', 'so that watching goes on after a reboot']],
  async run(context) {
    const { installServer } = await import('../installation/install-server.ts');
    return await installServer(context);
  },
});
