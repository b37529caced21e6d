import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { Site } from '../e2e/harness/index.ts';
import { openProxyImage } from '../e2e/harness/proxy-image.ts';
import { atLeast, atMost, median, told, type Bench } from './kit/bench.ts';
import { frontAddress, judge, replicas, shopFile } from './kit/shop.ts';

const replacements = 5;

/** Requests lost when the containers of HAProxy are replaced. */
export const proxyUpgrade: Bench = {
  name: 'proxy-upgrade',
  what: `requests lost in ${replacements} replacements of the HAProxy containers of the edge and of a front`,
  how: `\`web\` has ${replicas} instances, and is asked through the edge and by its front's address, over kept and new connections and with POSTs, ≥ 1,000 requests a second together. Each time the image is made anew (another id under the same name), and \`berth upgrade\` must report that it replaced both.`,
  async run(say) {
    await using image = await openProxyImage();
    await using site = await Site.open();
    site.compose(shopFile(replicas));
    site.variables({ VERSION: '1', BERTH_HAPROXY_IMAGE: image.reference });
    await site.ok('up');
    const load = new Load([
      ...mixedStreams(site.url(), 700),
      ...mixedStreams(`http://${await frontAddress(site)}:3000/`, 350).map((stream) => ({ ...stream, name: `front ${stream.name}` })),
      { name: 'post', url: site.url('/orders'), method: 'POST', connections: 6, keepAlive: true, perSecond: 60 },
    ]);
    await load.requests(1000);
    const tookMs: number[] = [];
    let wrong = 0;
    for (let round = 1; round <= replacements; round++) {
      await image.renew();
      const start = performance.now();
      const { code, out, err } = await site.berth('upgrade', '--json');
      tookMs.push(performance.now() - start);
      const { proxies } = code === 0 ? (JSON.parse(out) as { proxies: { replaced: boolean; finishing: number }[] }) : { proxies: [] };
      const good = proxies.length === 2 && proxies.every((p) => p.replaced && p.finishing === 0);
      if (!good) say(`replacement ${round}: exit ${code} ${out}${err}`);
      wrong += good ? 0 : 1;
      await load.requests(1000);
      say(`replacement ${round} of ${replacements}`);
    }
    const result = judge(site, await load.stop());
    if (result.why !== '') say(`lost: ${result.why}`);
    return [
      atMost('requests lost', result.lost, '', 0),
      atMost('POSTs lost or executed twice', result.wrongPosts, '', 0),
      atMost('replacements that did not end well', wrong, '', 0),
      told('requests', result.requests, ''),
      atLeast('load', result.perSecond, 'requests/s', 1000),
      told('time of a replacement, what was replaced has ended', median(tookMs) / 1000, 's'),
    ];
  },
};
