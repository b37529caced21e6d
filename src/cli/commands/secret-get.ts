import { Buffer } from 'node:buffer';
import { BerthError } from '../../errors/index.ts';
import { defineCommand } from '../command.ts';

/** `berth secret get`: the value of a secret. */
export const secretGet = defineCommand({
  name: 'secret get',
  summary: 'print the value of a secret; it never travels but over the Unix socket of the server',
  words: { name: 'NAME', min: 1, max: 1 },
  flags: {
    at: { value: 'VERSION', summary: 'this version; the newest when left out' },
    shared: { summary: 'one that every app of this installation may use' },
  },
  examples: [
    ['berth secret get DB_PASSWORD', 'the newest version'],
    ['berth -e prod secret get TLS_KEY --at 2 > key.pem', 'an older one, byte by byte'],
  ],
  async run(context, { words: [name = ''], flags }) {
    const { secretScope } = await import('../secret/scope.ts');
    const version = flags.at === undefined ? undefined : Number(flags.at);
    if (version !== undefined && !(Number.isInteger(version) && version > 0))
      throw new BerthError('USAGE', '`--at` needs the number of a version.');
    const scope = await secretScope(context, flags);
    const client = await context.world.servers.ensure();
    const found = await client.getSecret({ ...scope, name, ...(version === undefined ? {} : { version }) });
    const value = Buffer.from(found.value, 'base64');
    if (context.globals.json) context.printJson({ ...scope, name, ...found });
    else context.world.stdout.write(context.world.stdout.isTTY ? `${value.toString()}\n` : value);
    return 0;
  },
});
