import { entryText, tlsMount, type CertificateEntry, type CertificateList, type TlsState } from '../config/certificates.ts';
import type { AskWithLines } from './command-line.ts';

/** A line of a list as HAProxy has it. `line` tells it from another line with the same file. */
export type ActualEntry = { readonly path: string; readonly line: string; readonly text: string };

/** What is to be done at a list that HAProxy has. */
export type ListChange = {
  /** The list's name in HAProxy, which is that of the file it was read from. */
  readonly list: string;
  readonly fallback: { readonly path: string; readonly file: string };
  readonly add: readonly CertificateEntry[];
  readonly remove: readonly ActualEntry[];
};

/** HAProxy's buffer (`tune.bufsize`) holds a whole command; longer chains are rare, and read from their file by a reload. */
const longestPayload = 16_000;

type Deps = {
  readonly ask: AskWithLines;
  /** The bytes of a file of the TLS directory. */
  readonly read: (file: string) => Promise<string>;
};

/**
 * Brings the certificates of a running HAProxy to the wanted ones. What is new is there before what is old goes, so that
 * every handshake finds one. Answers in HAProxy's words what it did not take; then a reload has to do it.
 */
export async function syncCertificates({ ask, read }: Deps, wanted: TlsState, signal?: AbortSignal): Promise<readonly string[]> {
  await abortTransaction(ask, signal);
  const names = readNames(await ask('show ssl crt-list', signal));
  const refused: string[] = [];
  for (const list of wanted.lists) {
    const name = names.find((n) => n.startsWith(`${tlsMount}/${list.key}.`) && n.endsWith('.list'));
    const actual = name === undefined ? [] : readEntries(await ask(`show ssl crt-list -n ${name}`, signal));
    const change = name === undefined ? undefined : planList(list, name, actual);
    if (change === undefined) return [`There is no list of certificates for ${list.key}.`];
    for await (const word of perform({ ask, read }, change, signal)) refused.push(word);
  }
  if (refused.length === 0) await dropUnused(ask, signal);
  return refused;
}

/** The least change of a list; undefined when HAProxy has nothing in it, not even a default. */
export function planList(wanted: CertificateList, list: string, actual: readonly ActualEntry[]): ListChange | undefined {
  const [first, ...rest] = actual;
  if (first === undefined) return undefined;
  const texts = new Set(wanted.entries.map(entryText));
  const kept = new Set(rest.map((e) => e.text));
  return {
    list,
    fallback: { path: first.path, file: wanted.fallback },
    add: wanted.entries.filter((e) => !kept.has(entryText(e))),
    remove: rest.filter((e) => !texts.has(e.text)),
  };
}

/** Reads `show ssl crt-list` or `show ssl cert`: names, one a line. */
export function readNames(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** Reads `show ssl crt-list -n <list>`. */
export function readEntries(text: string): ActualEntry[] {
  return readNames(text).flatMap((line) => {
    const [, path, at, names] = /^(.+):(\d+)(?: (.*))?$/.exec(line.trim()) ?? [];
    if (path === undefined || at === undefined) return [];
    return [{ path, line: `${path}:${at}`, text: names === undefined ? path : `${path} ${names}` }];
  });
}

async function* perform({ ask, read }: Deps, change: ListChange, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const { list, fallback, add, remove } = change;
  for (const entry of add) {
    const path = `${tlsMount}/${entry.file}`;
    // It may be there already: of another list, or from a change that was broken off.
    await ask(`new ssl cert ${path}`, signal);
    yield* load(ask, { path, pem: await read(entry.file) }, signal);
    yield* unless('Success!', await ask(`add ssl crt-list ${list}`, signal, entryText(entry)));
  }
  yield* load(ask, { path: fallback.path, pem: await read(fallback.file) }, signal);
  for (const entry of remove) yield* unless('deleted in crtlist', await ask(`del ssl crt-list ${list} ${entry.line}`, signal));
}

async function* load(
  ask: AskWithLines,
  { path, pem }: { path: string; pem: string },
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  if (Buffer.byteLength(pem) > longestPayload) {
    yield `The ${Buffer.byteLength(pem)} bytes of ${path} are more than a command may have.`;
    return;
  }
  const set = await ask(`set ssl cert ${path}`, signal, withoutBlankLines(pem));
  yield* unless(/Transaction (created|updated)/, set);
  if (/Transaction (created|updated)/.test(set)) yield* unless('Success!', await ask(`commit ssl cert ${path}`, signal));
}

function* unless(good: string | RegExp, answer: string): Generator<string> {
  if (typeof good === 'string' ? !answer.includes(good) : !good.test(answer)) yield answer;
}

/** One that was broken off between its two halves holds up all others. */
async function abortTransaction(ask: AskWithLines, signal: AbortSignal | undefined): Promise<void> {
  const open = readNames(await ask('show ssl cert', signal)).find((name) => name.startsWith('*'));
  if (open !== undefined) await ask(`abort ssl cert ${open.slice(1)}`, signal);
}

/** HAProxy refuses to delete what a list still names. */
async function dropUnused(ask: AskWithLines, signal: AbortSignal | undefined): Promise<void> {
  const lists = readNames(await ask('show ssl crt-list', signal));
  const entries = await Promise.all(lists.map(async (list) => readEntries(await ask(`show ssl crt-list -n ${list}`, signal))));
  const used = new Set(entries.flat().map((e) => e.path));
  const unused = readNames(await ask('show ssl cert', signal)).filter((name) => name.startsWith(`${tlsMount}/`) && !used.has(name));
  for (const name of unused) await ask(`del ssl cert ${name}`, signal);
}

/** A blank line ends what is sent. */
function withoutBlankLines(pem: string): string {
  return pem
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .join('\n');
}
