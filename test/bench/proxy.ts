import { docker, freePort, Site, web } from '../e2e/harness/index.ts';
import { againstByTurns, type Bench } from './kit/bench.ts';
import { answeringApp, edgeConfiguration, edgeContainer, instanceAddress } from './kit/answering.ts';
import { accessLogOf, handConfiguration, startHaproxy } from './kit/by-hand.ts';
import { openCounting } from './kit/counting.ts';
import { ratesByTurns } from './kit/wrk.ts';

const rounds = 10;
const seconds = 3;

/** Requests a second through the data plane. */
export const proxy: Bench = {
  name: 'proxy',
  what: 'requests a second through the data plane, against the same HAProxy configured by hand',
  how: `wrk with 64 kept connections for ${seconds} s, ${rounds} rounds by turns, medians and the median of the rounds' ratios. The application is a HAProxy that answers by itself, so that it is not what is measured. By hand: the image of berth's edge in the host's network with a short configuration that forwards the same headers, repeats requests where that is safe, and writes the access log that the edge writes, which a process like berth's own reads. Beside it, one with neither log nor repeating.`,
  async run(say) {
    await using site = await Site.open();
    site.compose(web({ replicas: 1 }));
    await site.ok('up');
    const edge = await edgeContainer(site);
    const image = await docker('inspect', '-f', '{{.Config.Image}}', edge);
    site.compose(answeringApp(image));
    await site.ok('up');
    const address = await instanceAddress(site);
    const configuration = await edgeConfiguration(edge);
    await using same = await byHand(site, { image, address, configuration });
    await using plain = await byHand(site, { image, address });
    const urls = [site.url(), same.url, plain.url];
    const [values = [], logging = [], bare = []] = await ratesByTurns(urls, { rounds, seconds }, say);
    const measured = { metric: 'throughput', values, unit: 'requests/s' };
    return [
      againstByTurns({ ...measured, peer: 'HAProxy by hand, the same log line', peerValues: logging }, { atLeast: 0.95 }),
      againstByTurns({ ...measured, peer: 'HAProxy by hand, no log and no repeating', peerValues: bare }),
    ];
  },
};

type Hand = {
  readonly image: string;
  readonly address: string;
  /** Of the edge, for one that logs and repeats as it does. */
  readonly configuration?: string;
};

async function byHand(site: Site, { image, address, configuration }: Hand): Promise<AsyncDisposable & { url: string }> {
  const port = await freePort();
  const folder = `peer-${port}`;
  const log = configuration === undefined ? undefined : accessLogOf(configuration, '/hand/log.sock');
  if (configuration !== undefined && log === undefined) throw new Error('The edge writes no access log.');
  site.write(`${folder}/hand.cfg`, handConfiguration({ port, servers: [`${address}:3000`], log, repeats: configuration !== undefined }));
  const directory = `${site.directory}/${folder}`;
  const counting = log === undefined ? undefined : await openCounting(`${directory}/log.sock`);
  const running = await startHaproxy({ name: `berth-bench-${port}`, image, directory, file: 'hand.cfg', port });
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await counting?.[Symbol.asyncDispose]();
    },
  };
}
