import { randomBytes } from 'node:crypto';
import { Load, mixedStreams } from '../../scripts/load/load.ts';
import { labels } from '../../src/model/index.ts';
import { docker, Site } from '../e2e/harness/index.ts';
import { atLeast, atMost, median, told, type Bench } from './bench.ts';
import { frontAddress, judge, replicas, shopFile } from './shop.ts';

const replacements = 5;

/** Requests lost when the containers of HAProxy are replaced. */
export const proxyUpgrade: Bench = {
  name: 'proxy-upgrade',
  what: `requests lost in ${replacements} replacements of the HAProxy containers of the edge and of a front`,
  how: `\`web\` has ${replicas} instances, and is asked through the edge and by its front's address, over kept and new connections and with POSTs, ≥ 1,000 requests a second together. Each time the image is made anew (another id under the same name), and \`berth upgrade\` must report that it replaced both.`,
  async run(say) {
    await using image = await openImage();
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

/** An image of HAProxy under a name of its own, which can be made anew: other bytes, same programs. */
export async function openImage(): Promise<AsyncDisposable & { readonly reference: string; renew(): Promise<void> }> {
  const reference = `berth-bench-haproxy:${randomBytes(4).toString('hex')}`;
  const ids: string[] = [];
  const renew = async (): Promise<void> => {
    const container = await docker('create', await anyProxyImage());
    try {
      ids.push(await docker('commit', '--change', `LABEL ${labels.build}=bench-${ids.length}`, container, reference));
    } finally {
      await docker('rm', container);
    }
  };
  await renew();
  return {
    reference,
    renew,
    async [Symbol.asyncDispose]() {
      await docker('rmi', '-f', ...ids);
    },
  };
}

async function anyProxyImage(): Promise<string> {
  const [image] = (await docker('images', '-q', 'berth/haproxy')).split('\n');
  if (image === undefined || image === '') throw new Error('The engine has no image berth/haproxy: run `berth up` once.');
  return image;
}
