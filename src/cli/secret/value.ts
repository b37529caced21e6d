import { Buffer } from 'node:buffer';
import { resolve } from 'node:path';
import { BerthError } from '../../errors/index.ts';
import type { Context } from '../context.ts';

/** The bytes of a file, or of standard input to its end. */
export async function readInput({ world, directory }: Context, file: string | undefined): Promise<Uint8Array> {
  if (file !== undefined) {
    const bytes = await world.files.read(resolve(directory, file));
    if (bytes !== undefined) return bytes;
    throw new BerthError('USAGE', `There is no file ${file}.`);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of world.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The value of a secret: of a file as it is, from a terminal without echo, else standard input without its last line end. */
export async function needValue(context: Context, name: string, file: string | undefined): Promise<Uint8Array> {
  const { world } = context;
  if (file === undefined && world.stdin.isTTY) {
    const typed = await world.askSecret(`Value of ${name}`);
    if (typed === undefined) throw new BerthError('CANCELLED', 'Nothing was changed.');
    return notEmpty(name, Buffer.from(typed));
  }
  const bytes = await readInput(context, file);
  return notEmpty(name, file === undefined ? withoutLineEnd(bytes) : bytes);
}

/** Refuses a value in the arguments without repeating it: process lists and the shell's history show those. */
export function refuseArgument(verb: string, words: readonly string[]): string {
  const [name = ''] = words;
  if (words.length === 1 && /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(name)) return name;
  if (words.length === 1 && !name.includes('='))
    throw new BerthError('USAGE', 'That is no name for a secret.', { hint: 'A name has letters, digits, `.`, `_` and `-`.' });
  throw new BerthError('USAGE', `\`berth ${verb}\` takes no value as an argument: process lists and the history of the shell show those.`, {
    hint: `Pipe it in (\`printf %s "$VALUE" | berth ${verb} NAME\`), name a file (\`--file\`), or type it when asked.`,
  });
}

/** `echo` and here-documents end with one that nobody means. */
function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== 10) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 13 ? -2 : -1);
}

function notEmpty(name: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0) return bytes;
  throw new BerthError('USAGE', `The value of ${name} is empty.`, { hint: 'Pipe it in, or name a file with `--file`.' });
}
