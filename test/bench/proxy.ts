import { docker, freePort, Site, web } from '../e2e/harness/index.ts';
import { against, median, type Bench } from './bench.ts';
import { handConfiguration, startHaproxy } from './by-hand.ts';
import { ratesByTurns } from './wrk.ts';

const rounds = 10;
const seconds = 3;

/** Requests a second through the data plane. */
export const proxy: Bench = {
  name: 'proxy',
  what: 'requests a second through the data plane, against the same HAProxy configured by hand',
  how: `wrk with 64 kept connections for ${seconds} s, ${rounds} rounds by turns, medians. The application is a HAProxy that answers by itself, so that it is not what is measured. By hand: the image of berth's edge in the host's network with a short configuration that forwards the same headers, repeats requests where that is safe, and writes the access log that the edge writes (if it writes one). Beside it, one with neither log nor repeating.`,
  async run(say) {
    await using site = await Site.open();
    site.compose(web({ replicas: 1 }));
    await site.ok('up');
    const edge = await edgeContainer(site);
    const image = await docker('inspect', '-f', '{{.Config.Image}}', edge);
    site.compose(answeringApp(image));
    await site.ok('up');
    const address = await instanceAddress(site);
    const log = logLines(await edgeConfiguration(edge));
    await using same = await byHand(site, { image, address, log, repeats: true });
    await using plain = await byHand(site, { image, address, log: [], repeats: false });
    const [own = 0, peer = 0, bare = 0] = (await ratesByTurns([site.url(), same.url, plain.url], { rounds, seconds }, say)).map(median);
    const measured = { metric: 'throughput', value: own, unit: 'requests/s' };
    const alike = log.length > 0 ? 'the same log line' : 'no log, as the edge writes none';
    return [
      against({ ...measured, peer: `HAProxy by hand, ${alike}`, peerValue: peer }, { atLeast: 0.95 }),
      against({ ...measured, peer: 'HAProxy by hand, no log and no repeating', peerValue: bare }),
    ];
  },
};

/** An application that costs as little as can be: HAProxy answering by itself. */
function answeringApp(image: string): string {
  return `services:
  web:
    image: ${image}
    pull_policy: never
    command: [haproxy, -db, -f, /answer.cfg]
    configs: [{ source: answer, target: /answer.cfg }]
    ports: ["$PORT:3000"]
    x-berth:
      port: 3000
      protocol: http
      probe: { http: /, interval: 200ms, successes: 1, within: 10s }
      rollout: { watch: 1s }
configs:
  answer:
    content: |
      defaults
        mode http
        timeout client 60s
        timeout connect 5s
        timeout server 60s
      frontend answer
        bind :3000
        http-request return status 200 content-type text/plain string ok
`;
}

async function edgeContainer(site: Site): Promise<string> {
  const { installation } = await site.json<{ installation: string }>('server', 'status');
  return docker('ps', '-q', '--filter', 'label=dev.berth.role=edge', '--filter', `label=dev.berth.installation=${installation}`);
}

/** The configuration that the edge runs. */
function edgeConfiguration(edge: string): Promise<string> {
  return docker('exec', edge, 'sh', '-c', 'cat "$BERTH_SOCKETS/haproxy.cfg"');
}

function logLines(configuration: string): string[] {
  const wanted = configuration.split('\n').filter((line) => /^ {2}(log |log-format )/.test(line));
  return [...new Set(wanted)];
}

async function instanceAddress(site: Site): Promise<string> {
  const [id = ''] = await site.instances();
  const networks = JSON.parse(await docker('inspect', '-f', '{{json .NetworkSettings.Networks}}', id)) as Record<
    string,
    { IPAddress: string }
  >;
  const address = Object.values(networks)[0]?.IPAddress;
  if (address === undefined || address === '') throw new Error('The instance has no address.');
  return address;
}

type Hand = { readonly image: string; readonly address: string; readonly log: readonly string[]; readonly repeats: boolean };

async function byHand(site: Site, { image, address, log, repeats }: Hand): Promise<AsyncDisposable & { url: string }> {
  const port = await freePort();
  const directory = `peer-${port}`;
  site.write(`${directory}/hand.cfg`, handConfiguration({ port, server: `${address}:3000`, log, repeats }));
  const running = await startHaproxy({ name: `berth-bench-${port}`, image, directory: `${site.directory}/${directory}`, file: 'hand.cfg' });
  return { url: `http://127.0.0.1:${port}/`, ...running };
}
