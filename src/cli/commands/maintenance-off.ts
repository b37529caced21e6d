import { defineCommand } from '../command.ts';

/** `berth maintenance off`: gives services their requests back. */
export const maintenanceOff = defineCommand({
  name: 'maintenance off',
  summary: 'serve everybody outside again',
  words: { name: 'SERVICE', min: 0, max: Infinity },
  flags: {},
  examples: [
    ['berth maintenance off', 'every service'],
    ['berth maintenance off web', 'one service'],
  ],
  async run(context, { words }) {
    const { appName } = await import('../load/app-name.ts');
    const { maintenanceText } = await import('../render/maintenance-text.ts');
    const client = await context.world.servers.ensure();
    const reply = await client.maintenance({ app: await appName(context, client), services: [...words], on: false });
    if (context.globals.json) context.printJson(reply);
    else context.print(maintenanceText(reply.services));
    return 0;
  },
});
