import { atLeast, atMost, told, type Bench } from './kit/bench.ts';
import { judge, killServerWithin, openNeighbour, openShop, replicas, startShopLoad, updateMs, watchMs } from './kit/shop.ts';

const updates = 20;

/** Requests lost when the server is killed in every update. */
export const rolloutKill: Bench = {
  name: 'rollout-kill',
  what: `requests lost in ${updates} rolling updates when the server is killed (-9) at a random moment of each`,
  how: `As rollout, with a kill at a moment drawn over the time that an update takes, the watch included. After each, \`berth up\` must end well, the wanted version answer and ${replicas} instances run.`,
  async run(say) {
    await using site = await openShop();
    await using neighbour = await openNeighbour(site);
    const took = await updateMs(site, 2, say);
    if (took === undefined) throw new Error('The update without a kill failed.');
    const load = startShopLoad(site);
    await load.requests(1000);
    let kills = 0;
    let wrong = 0;
    for (let update = 1; update <= updates; update++) {
      const version = String(update + 2);
      site.variables({ VERSION: version });
      const pid = await site.serverPid();
      const running = site.berth('up');
      kills += (await killServerWithin(pid, took + watchMs)) ? 1 : 0;
      await running;
      const after = await site.berth('up');
      const versions = await site.versions();
      const instances = await site.instances();
      const good = after.code === 0 && versions.join() === version && instances.length === replicas;
      if (!good) say(`update ${update}: exit ${after.code}, answers ${versions.join()}, ${instances.length} instances\n${after.err}`);
      wrong += good ? 0 : 1;
      if (update % 4 === 1) await neighbour.ok('up');
      if (update % 4 === 3) await neighbour.ok('down', '-y');
      say(`update ${update} of ${updates}, ${kills} kills`);
    }
    const result = judge(site, await load.stop());
    if (result.why !== '') say(`lost: ${result.why}`);
    return [
      atMost('requests lost', result.lost, '', 0),
      atMost('POSTs lost or executed twice', result.wrongPosts, '', 0),
      atMost('updates that did not end well', wrong, '', 0),
      atLeast('kills', kills, '', updates),
      told('requests', result.requests, ''),
      atLeast('load', result.perSecond, 'requests/s', 1000),
    ];
  },
};
