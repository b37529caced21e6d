import { defineCommand } from '../command.ts';
import { terminalWidth } from '../context.ts';

/** `berth tls renew`: renews certificates now. */
export const tlsRenew = defineCommand({
  name: 'tls renew',
  summary: 'renew certificates now, also where an earlier failure says to wait',
  description:
    'berth renews by itself when two thirds of the life of a certificate have passed. Files of your own are renewed by you: replace them, then `berth up`.',
  words: { name: 'HOST', min: 0, max: Infinity },
  flags: {},
  examples: [
    ['berth tls renew shop.example.com', 'after its name was made to lead here'],
    ['berth tls renew', 'all that berth renews'],
  ],
  async run(context, { words }) {
    const { certificatesText } = await import('../render/certificates-text.ts');
    const client = await context.world.servers.ensure();
    const certificates = await client.renewCertificates({ hosts: [...words] });
    if (context.globals.json) context.printJson({ certificates });
    else
      context.print(
        certificatesText(certificates, { style: context.out, columns: terminalWidth(context), nowMs: context.world.clock.now() }),
      );
    return 0;
  },
});
