import { BerthError } from '../../errors/index.ts';
import { defineCommand } from '../command.ts';
import { yesFlag } from '../global-flags.ts';

/** `berth uninstall`: berth goes, the apps stay (or, with --purge, go too). */
export const uninstall = defineCommand({
  name: 'uninstall',
  summary: 'remove berth from this machine; apps and their traffic go on',
  description:
    'Stops the server and forgets this installation. Instances and the edge keep running, on their own. With --purge they are removed too.',
  flags: {
    yes: yesFlag,
    purge: { summary: 'also remove every app, the edge and their networks' },
    volumes: { summary: 'with --purge: also remove their volumes; their data is lost' },
  },
  examples: [
    ['berth uninstall', 'the apps keep serving'],
    ['berth uninstall --purge -y', 'nothing of this installation is left but volumes'],
  ],
  async run(context, { flags }) {
    const { confirm } = await import('../confirm.ts');
    const { uninstallBerth } = await import('../installation/uninstall.ts');
    if (flags.volumes && !flags.purge) throw new BerthError('USAGE', '`--volumes` needs `--purge`.');
    const { directory } = await context.world.servers.home();
    const purge = `Remove every app of ${directory}, the edge and their networks${flags.volumes ? ', and all their volumes with their data' : ''}?`;
    await confirm(context, flags.purge ? purge : `Remove berth (${directory})? The apps keep serving.`);
    return await uninstallBerth(context, { purge: flags.purge, volumes: flags.volumes });
  },
});
