import { BerthError } from '../../errors/index.ts';
import { defineCommand } from '../command.ts';
import { terminalWidth } from '../context.ts';

const longestMs = 3 * 3_600_000;

/** `berth traffic`: what the requests do, from the access logs of the proxies. */
export const traffic = defineCommand({
  name: 'traffic',
  summary: 'show requests, errors, latencies and bytes of each service, by release while there are several',
  description:
    'Latency is the time from the arrival of a request to the beginning of its response. With SERVICE, also by instance and by route. What was not counted (the server was away, lines were lost) is said, never estimated.',
  words: { name: 'SERVICE', min: 0, max: 1 },
  flags: {
    watch: { short: 'w', summary: 'show it anew every second' },
    last: { value: 'SPAN', summary: 'over this span of time: 10s, 5m, 2h (1m when left out)' },
  },
  examples: [
    ['berth traffic', 'the last minute of every service'],
    ['berth traffic web -w', 'one service, as it goes'],
    ['berth traffic --last 10s -w --json', 'one JSON object a second'],
  ],
  async run(context, { words, flags }) {
    const { appName } = await import('../load/app-name.ts');
    const { trafficText, trafficLine } = await import('../render/traffic-text.ts');
    const { showTraffic } = await import('../streams/show-traffic.ts');
    const spanMs = await toSpan(flags.last);
    const { servers } = context.world;
    const query = { app: await appName(context, await servers.ensure()), service: words[0], spanMs };
    const look = async (signal?: AbortSignal) => (await servers.ensure(signal)).traffic(query, signal);
    const toText = (report: Awaited<ReturnType<typeof look>>): string =>
      trafficText(report, { style: context.out, columns: terminalWidth(context), detailed: words.length > 0 });
    if (flags.watch) return await showTraffic(context, { look, toText, toLine: trafficLine });
    const report = await look();
    if (context.globals.json) context.printJson(report);
    else context.print(toText(report));
    return 0;
  },
});

async function toSpan(text: string | undefined): Promise<number> {
  if (text === undefined) return 60_000;
  const { parseSpan } = await import('../format.ts');
  const span = parseSpan(text);
  if (span !== undefined && span >= 1000 && span <= longestMs) return Math.round(span);
  throw new BerthError('USAGE', `\`${text}\` is not a span of time between 1s and 3h.`, {
    hint: 'For example: `berth traffic --last 10s`.',
  });
}
