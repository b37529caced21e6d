import { parseDotenv } from './text/dotenv.ts';
import { decodeText } from './text/source.ts';

/** The values of an env file by name, or the line that cannot be read as one; never the text of it. */
export type EnvFile = { readonly values: ReadonlyMap<string, string> } | { readonly line: number; readonly problem: string };

/** Reads an env file on its own: nothing comes from outside, so a variable in it that it does not set itself is a problem. */
export function parseEnvFile(bytes: Uint8Array): EnvFile {
  const decoded = decodeText(bytes);
  if (!('text' in decoded)) return { line: lineAt(decoded.before, decoded.before.length), problem: 'it is no UTF-8 text' };
  const { text } = decoded;
  const { values, unset, problems } = parseDotenv(text, () => undefined);
  const [problem] = problems;
  if (problem !== undefined) return { line: lineAt(text, problem.offset), problem: 'this is not NAME=value' };
  const [open] = unset;
  if (open !== undefined) return { line: lineAt(text, open.offset), problem: 'a `$` begins a variable here, and the file does not set it' };
  return { values: new Map([...values].map(([name, { value }]) => [name, value])) };
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
