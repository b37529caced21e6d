import { isAbsolute, join } from 'node:path';
import { BerthError } from '../../errors/index.ts';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';

/** `berth maintenance on`: lets the edge answer for services while they are being worked on. */
export const maintenanceOn = defineCommand({
  name: 'maintenance on',
  summary: 'answer everybody outside with 503 and a page, until it is off again',
  description:
    'It outlives `up`, a restart and a reboot. Requests that are on their way end as usual, and services still reach each other.',
  words: { name: 'SERVICE', min: 0, max: Infinity },
  flags: { page: { value: 'FILE', summary: 'the HTML page that is answered, at most 14 kB; `x-berth.maintenance` when left out' } },
  examples: [
    ['berth maintenance on', 'every service that is reached from outside'],
    ['berth maintenance on web --page back-soon.html', 'one service, with a page of its own'],
  ],
  async run(context, { words, flags }) {
    const { appName } = await import('../load/app-name.ts');
    const { maintenanceText } = await import('../render/maintenance-text.ts');
    const page = flags.page === undefined ? {} : { page: await needPage(context, flags.page) };
    const client = await context.world.servers.ensure();
    const reply = await client.maintenance({ app: await appName(context, client), services: [...words], on: true, ...page });
    if (context.globals.json) context.printJson(reply);
    else context.print(maintenanceText(reply.services));
    return 0;
  },
});

async function needPage({ world }: Context, file: string): Promise<string> {
  const bytes = await world.files.read(isAbsolute(file) ? file : join(world.directory, file));
  if (bytes === undefined) throw new BerthError('USAGE', `There is no file ${file} for the page.`);
  return new TextDecoder().decode(bytes);
}
