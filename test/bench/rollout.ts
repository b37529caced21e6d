import { atLeast, atMost, against, median, told, type Bench } from './kit/bench.ts';
import { floorMs } from './kit/floor.ts';
import { judge, openNeighbour, openShop, replicas, startShopLoad, updateMs } from './kit/shop.ts';

const updates = 20;
/** The neighbour comes and goes in the updates up to this one. */
const neighbourly = 12;
/** A new or a gone port is a reload of HAProxy, and for 10 s after it draining waits for clients of the old one: part of the floor, not of an update. */
const timedFrom = 16;

/** Requests lost over rolling updates, and the time that one takes. */
export const rollout: Bench = {
  name: 'rollout',
  what: `requests lost in ${updates} rolling updates under load, and the time of one over what the engine and the probe take`,
  how: `${replicas} instances; ≥ 1,000 requests a second from another process over kept and new connections, and POSTs with ids that the application notes; a second app comes and goes during the first ${neighbourly}; the last ${updates - timedFrom + 1} are timed, median. The floor is measured in the same run and under the same load: create, start and ready of as many containers one after the other, and the probe's successes.`,
  async run(say) {
    await using site = await openShop();
    await using neighbour = await openNeighbour(site);
    const load = startShopLoad(site);
    await load.requests(1000);
    const tookMs: number[] = [];
    let failed = 0;
    for (let update = 1; update <= updates; update++) {
      const coming =
        update > neighbourly || update % 2 === 0 ? undefined : update % 4 === 1 ? neighbour.ok('up') : neighbour.ok('down', '-y');
      const [ms] = await Promise.all([updateMs(site, update + 1, say), coming]);
      if (ms === undefined) failed += 1;
      else if (update >= timedFrom) tookMs.push(ms);
      say(`update ${update} of ${updates}`);
    }
    const floor = await floorMs(replicas);
    const result = judge(site, await load.stop());
    if (result.why !== '') say(`lost: ${result.why}`);
    return [
      atMost('requests lost', result.lost, '', 0),
      atMost('POSTs lost or executed twice', result.wrongPosts, '', 0),
      atMost('updates failed', failed, '', 0),
      told('requests', result.requests, ''),
      atLeast('load', result.perSecond, 'requests/s', 1000),
      against(
        { metric: 'time of an update', value: median(tookMs), unit: 'ms', peer: 'the engine and the probe', peerValue: floor },
        { atMost: 1.15 },
      ),
    ];
  },
};
