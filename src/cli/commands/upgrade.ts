import { defineCommand } from '../command.ts';

/** `berth upgrade`: server and proxies become those of this berth, under load. */
export const upgrade = defineCommand({
  name: 'upgrade',
  summary: 'replace the running server and proxies by those of this berth; traffic goes on',
  description:
    'A rollout that runs goes on with the new server. Each HAProxy that was started from another image, or otherwise than this berth would start it, hands its listening sockets to a new one and finishes what it has; one with another configuration reads that of this berth. `--check` starts nothing and asks no mirror: whether HAProxy’s packages are newer shows when the image is made anew.',
  flags: { check: { summary: 'only say what would change' } },
  examples: [
    ['berth upgrade --check', 'versions in use beside those of this berth'],
    ['berth upgrade', 'after a new berth was installed, or a new HAProxy image was made'],
  ],
  async run(context, { flags }) {
    const { upgradeBerth } = await import('../installation/upgrade.ts');
    return await upgradeBerth(context, flags);
  },
});
