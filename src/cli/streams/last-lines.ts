import type { Client } from '../../client/index.ts';
import type { EventRecord } from '../../model/index.ts';

type Wanted = { readonly app: string | undefined; readonly last: number; readonly follow: boolean };

/**
 * The events behind the last lines of text, then with `follow` those to come. Most events have no line, and only the
 * reader knows which: it is asked for more of the past until there are lines enough, or no more past.
 */
export async function* lastLines(
  client: Pick<Client, 'events'>,
  { app, last, follow }: Wanted,
  hasLine: (record: EventRecord) => boolean,
  signal: AbortSignal,
): AsyncGenerator<EventRecord, void> {
  let after = 0;
  if (last > 0) {
    const past = await pastWith(last, (count) => Array.fromAsync(client.events({ app, last: count, follow: false }, signal)), hasLine);
    yield* past.filter(hasLine).slice(-last);
    after = past.at(-1)?.seq ?? 0;
  }
  if (follow) yield* client.events({ app, follow, ...(last === 0 ? { last } : { after }) }, signal);
}

async function pastWith(
  lines: number,
  read: (count: number) => Promise<EventRecord[]>,
  hasLine: (record: EventRecord) => boolean,
): Promise<EventRecord[]> {
  for (let count = 4 * lines; ; count *= 4) {
    const past = await read(count);
    if (past.length < count || past.filter(hasLine).length >= lines) return past;
  }
}
