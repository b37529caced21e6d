import { defineCommand } from '../command.ts';
import { terminalWidth } from '../context.ts';

/** `berth tls list`: the certificates of all apps. */
export const tlsList = defineCommand({
  name: 'tls list',
  summary: 'list the certificates that apps need: source, end, renewal, and what is wrong with them',
  flags: {},
  examples: [
    ['berth tls list', 'every certificate of this installation'],
    ['berth tls list --json', 'the same as data'],
  ],
  async run(context) {
    const { certificatesText } = await import('../render/certificates-text.ts');
    const client = await context.world.servers.ensure();
    const certificates = await client.listCertificates({});
    if (context.globals.json) context.printJson({ certificates });
    else
      context.print(
        certificatesText(certificates, { style: context.out, columns: terminalWidth(context), nowMs: context.world.clock.now() }),
      );
    return 0;
  },
});
