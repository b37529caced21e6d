import { defineCommand } from '../command.ts';
import { BerthError } from '../../errors/index.ts';
import type { EventRecord } from '../../model/index.ts';

/** `berth events`: what happened in every rollout. */
export const events = defineCommand({
  name: 'events',
  summary: 'show what happened in every rollout',
  flags: {
    follow: { short: 'f', summary: 'go on with what comes' },
    last: { short: 'n', value: 'N', summary: 'only the last N lines, with --json the last N events (100 when left out; 0 for none)' },
    all: { short: 'a', summary: 'of every app of this installation' },
  },
  examples: [
    ['berth events -f', 'follow a rollout that runs on its own'],
    ['berth events -f --json', 'one JSON object per line'],
  ],
  async run(context, { flags }) {
    const { showStream } = await import('../streams/show-stream.ts');
    const { lastLines } = await import('../streams/last-lines.ts');
    const { createEventLines } = await import('../render/event-lines.ts');
    const last = flags.last ?? '100';
    if (!/^\d{1,9}$/.test(last)) throw new BerthError('USAGE', `\`${last}\` is not a number of events.`);
    const client = await context.world.servers.ensure();
    const { knownAppName } = await import('../load/app-name.ts');
    const app = flags.all ? undefined : await knownAppName(context, client);
    const query = { app, last: Number(last), follow: flags.follow };
    const toLine = createEventLines(context.out, { verbose: context.globals.verbose });
    const hasLine = (record: EventRecord) => toLine(record) !== undefined;
    const open = (signal: AbortSignal) => (context.globals.json ? client.events(query, signal) : lastLines(client, query, hasLine, signal));
    return await showStream(context, open, toLine);
  },
});
