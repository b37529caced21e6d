import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';

/** `berth tls trust`: the certificate of berth's own authority, and where it has to go. */
export const tlsTrust = defineCommand({
  name: 'tls trust',
  summary: "write the certificate of berth's own authority, and say how a machine trusts it",
  description:
    'Services with `tls: internal` have certificates of an authority of this installation. Its key never leaves `keys/` in the home.',
  flags: { out: { value: 'FILE', short: 'o', summary: 'write it to this file instead of standard output' } },
  examples: [
    ['berth tls trust --out berth.crt', 'the file, and what to do with it'],
    ['berth tls trust | curl --cacert /dev/stdin https://localhost', 'one call that trusts it'],
  ],
  async run(context, { flags }) {
    const { trustText } = await import('../render/trust-text.ts');
    const client = await context.world.servers.ensure();
    const authority = await client.authority({});
    if (flags.out !== undefined) await context.world.files.write(resolve(context.directory, flags.out), authority.pem);
    if (context.globals.json) context.printJson(authority);
    else if (flags.out === undefined) context.print(authority.pem.trimEnd());
    context.say(trustText(authority, flags.out ?? 'berth.crt'));
    return 0;
  },
});
