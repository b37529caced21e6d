/** A text that stands in a source: what it is assigned to, where, and whether the program uses it as it is. */
export type SourceText = {
  readonly name: string;
  readonly text: string;
  /** `src/server.js:12` */
  readonly place: string;
  /** In a comment, or what counts where a variable is not set. */
  readonly idle: boolean;
};

/** A file that a source writes its log to. */
export type SourceLog = { readonly file: string; readonly place: string };

type At<T> = Omit<T, 'place'> & { readonly index: number };

const quoted = /(["'])((?:\\.|(?!\1)[^\\\n]){6,300})\1/g;
const assigned = /(["']?)([A-Za-z_][\w.-]{0,60})\1\s*[:=]\s*$/;
const readsVariable = /\benviron\b|\bgetenv\b|\bprocess\.env\b|\benv(?:\.\w+)?\(/;

/** The texts of a source that are assigned to a name, or are addresses. */
export function* textsIn(source: string): Generator<At<SourceText>> {
  for (const found of source.matchAll(quoted)) {
    const { index } = found;
    const line = source.slice(source.lastIndexOf('\n', index - 1) + 1, index);
    const name = assigned.exec(line.slice(-80))?.[2] ?? '';
    const text = found[2] ?? '';
    if (name === '' && !text.includes('://')) continue;
    yield { name, text, index, idle: readsVariable.test(line) || /^\s*(?:\/\/|\*|\/\*|#)/.test(line) };
  }
}

const logs: readonly RegExp[] = [
  // Python's `logging`: a class with its arguments in a dictionary, or called.
  /FileHandler["'][^{}]{0,400}?["']filename["']\s*:[^\n"']{0,120}["']([^"'\n]{1,200})["']/g,
  /["']filename["']\s*:[^\n"']{0,120}["']([^"'\n]{1,200})["'][^{}]{0,400}?FileHandler["']/g,
  /\bFileHandler\(\s*(?:filename\s*=\s*)?["']([^"'\n]{1,200})["']/g,
  // winston and pino.
  /\btransports\.File\(\s*\{[^{}]{0,200}?filename\s*:\s*["'`]([^"'`\n]{1,200})["'`]/g,
  /\bpino\.destination\(\s*["'`]([^"'`\n]{1,200})["'`]/g,
];

/** The files that a source writes its log to, as far as its text plainly says so. */
export function* logsIn(source: string): Generator<At<SourceLog>> {
  for (const form of logs)
    for (const { 1: file = '', index } of source.matchAll(form)) if (!file.startsWith('/dev/')) yield { file, index };
}

/** The command of an image as one line: what its last `CMD` says. */
export function commandOf(dockerfile: string): string | undefined {
  const written = [...dockerfile.replaceAll(/\\\r?\n/g, ' ').matchAll(/^\s*CMD\s+(.+)$/gim)].at(-1)?.[1]?.trim();
  if (written === undefined || !written.startsWith('[')) return written;
  return [...written.matchAll(/"((?:\\.|[^"\\])*)"/g)].map(([, word]) => word).join(' ');
}
