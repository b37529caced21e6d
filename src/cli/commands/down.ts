import { defineCommand } from '../command.ts';
import { yesFlag } from '../global-flags.ts';

/** `berth down`: takes an app away. */
export const down = defineCommand({
  name: 'down',
  summary: 'stop the app and remove its instances and networks; volumes stay',
  flags: { yes: yesFlag, volumes: { summary: 'also remove its volumes: their data is lost' } },
  examples: [
    ['berth down', 'asks first'],
    ['berth down -y', 'does not ask'],
    ['berth down --volumes', 'lists the volumes, asks, and removes them too'],
  ],
  async run(context, { flags }) {
    const { appName } = await import('../load/app-name.ts');
    const { confirm } = await import('../confirm.ts');
    const { runRollout } = await import('../rollout/run-rollout.ts');
    const { count, list } = await import('../format.ts');
    const client = await context.world.servers.ensure();
    const app = await appName(context, client);
    const status = await client.getApp({ app });
    const volumes = flags.volumes ? await client.listVolumes({ app }) : [];
    const instances = status.services.reduce((sum, service) => sum + service.instances.length, 0);
    const also = volumes.length === 0 ? '' : ` and ${volumes.length === 1 ? 'the volume' : 'the volumes'} ${list(volumes)} with all data`;
    await confirm(context, `Stop ${app} and remove ${count(instances, 'instance')}${also}?`);
    return await runRollout(context, { kind: 'down', app, volumes: flags.volumes });
  },
});
