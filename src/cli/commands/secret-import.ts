import { defineCommand } from '../command.ts';

/** `berth secret import`: many secrets at once. */
export const secretImport = defineCommand({
  name: 'secret import',
  summary: 'set every NAME=value of an env file (or of standard input), all of them or none',
  words: { name: 'FILE', min: 0, max: 1 },
  flags: { shared: { summary: 'ones that every app of this installation may use' } },
  examples: [
    ['berth secret import .env.secrets', 'the form of `.env`; write values with `$` in single quotes'],
    ['sops -d prod.env | berth -e prod secret import', 'from another store, without a file'],
  ],
  async run(context, { words: [file], flags }) {
    const { parseImport } = await import('../secret/parse-import.ts');
    const { secretScope } = await import('../secret/scope.ts');
    const { setSecrets } = await import('../secret/set-secrets.ts');
    const { readInput } = await import('../secret/value.ts');
    const scope = await secretScope(context, flags);
    const source = file === undefined || file === '-' ? undefined : file;
    const values = parseImport(await readInput(context, source), source ?? 'standard input');
    return await setSecrets(context, values, { scope, known: false });
  },
});
