import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import path from 'node:path';

/** Something that must not stand in the code, and what to do instead. `bad` is what the rule's own test plants. */
export type WordRule = { readonly name: string; readonly pattern: RegExp; readonly instead: string };

export const wordRules: readonly WordRule[] = [
  {
    name: 'open end',
    pattern: /\b(TO[D]O|FIX[M]E|XX[X])\b(?!\(#\d+\))/,
    instead: 'do it, or file an issue and write its number in brackets',
  },
  {
    name: 'shell string',
    pattern: /shell: *tru[e]|(?<![.\w])exec(Sync)?\(['"`]/,
    instead: 'pass an argument list to spawn or execFile',
  },
  {
    name: 'skipped test',
    pattern: /\b(it|test|describe)\.(skip|only|todo)\(/,
    instead: 'let it run, or delete it; a test that cannot run on a machine says why with skipIf',
  },
];

/** Every breach of a rule in one text: `file:line: name: instead`. */
export function findWords(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, at) => {
    const rules = wordRules.filter(({ pattern }) => pattern.test(line));
    return rules.map(({ name, instead }) => `${file}:${at + 1}: ${name}: ${instead}`);
  });
}

/** Looks through all code of the checkout, and exits 1 when something was found. */
async function main(root: string): Promise<number> {
  const found: string[] = [];
  for (const folder of ['src', 'test', 'scripts', 'bin', 'examples']) {
    for await (const file of glob(`${folder}/**/*.{ts,mjs,cjs,js,py}`, { cwd: root })) {
      found.push(...findWords(file, readFileSync(path.join(root, file), 'utf8')));
    }
  }
  for (const line of found) console.log(line);
  return found.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(path.resolve(import.meta.dirname, '../..'));
