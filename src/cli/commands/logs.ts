import { defineCommand } from '../command.ts';
import { BerthError } from '../../errors/index.ts';

/** `berth logs`: what the instances write. */
export const logs = defineCommand({
  name: 'logs',
  summary: 'show what the instances write, merged by time',
  words: { name: 'SERVICE', min: 0, max: Infinity },
  flags: {
    follow: { short: 'f', summary: 'go on with what comes, also of instances that come later' },
    tail: { short: 'n', value: 'N', summary: 'only the last N lines of each instance (`all`: every line)' },
    since: { value: 'SPAN', summary: 'only what is newer: 30s, 10m, 2h, or a date' },
    timestamps: { short: 't', summary: 'begin each line with its time' },
  },
  examples: [
    ['berth logs -f web', 'follow the service web'],
    ['berth logs -n 100 --since 10m', 'the last lines of the last ten minutes'],
    ['berth logs --json', 'one JSON object per line'],
  ],
  async run(context, { words, flags }) {
    const { appName, needServices } = await import('../load/app-name.ts');
    const { showStream } = await import('../streams/show-stream.ts');
    const { createLogLines } = await import('../render/log-lines.ts');
    const tail = toTail(flags.tail);
    const sinceMs = await toSince(flags.since, context.world.clock.now());
    const client = await context.world.servers.ensure();
    const app = await appName(context, client);
    if (words.length > 0) needServices(await client.getApp({ app }), words);
    const query = {
      app,
      services: words.length === 0 ? undefined : words.join(','),
      follow: flags.follow,
      tail,
      sinceMs,
    };
    const toText = createLogLines(app, context.out, { timestamps: flags.timestamps });
    return await showStream(context, (signal) => client.logs(query, signal), toText);
  },
});

function toTail(text: string | undefined): number | undefined {
  if (text === undefined || text === 'all') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new BerthError('USAGE', `\`${text}\` is not a number of lines.`, { hint: 'For example: `berth logs -n 100`.' });
}

async function toSince(text: string | undefined, nowMs: number): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const { parseSpan } = await import('../format.ts');
  const span = parseSpan(text);
  const atMs = span === undefined ? Date.parse(text) : nowMs - span;
  if (Number.isFinite(atMs)) return Math.max(0, Math.round(atMs));
  throw new BerthError('USAGE', `\`${text}\` is neither a span of time nor a date.`, { hint: 'For example: `berth logs --since 10m`.' });
}
