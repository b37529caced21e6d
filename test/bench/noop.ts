import { appImage, freePort, Site } from '../e2e/harness/index.ts';
import { against, median, type Bench, type Measurement } from './kit/bench.ts';
import { composeCommand } from './kit/compose-program.ts';
import { installBerth } from './kit/installed.ts';
import { timeByTurns } from './kit/timing.ts';

const rounds = 15;

/** What is asked of both: the service that serves, and what it waits for. */
const applications = [
  { metric: 'a service that waits for a healthy one', database: true, limit: { atMost: 0.5 } },
  { metric: 'one service that waits for nothing', database: false, limit: undefined },
] as const;

/** `berth up` with nothing to change. */
export const noop: Bench = {
  name: 'noop',
  what: '`berth up` with nothing to change, against `docker compose up -d`',
  how: `The installed berth with its server running, and docker compose of Debian trixie's static package, each on the same file: a service of three instances, with and without \`depends_on: {condition: service_healthy}\` on a second one; images only, everything up. Wall time, ${rounds} runs by turns, medians. docker compose asks every half second whether the other is healthy; without that it is the faster of the two, and that number is told too.`,
  async run(say) {
    const compose = await composeCommand();
    await using installed = await installBerth();
    const measured: Measurement[] = [];
    for (const { metric, database, limit } of applications) {
      await using site = await Site.open({ launcher: installed.file });
      const port = await freePort();
      site.write('compose.yaml', file(site.name, `${site.port}:3000`, database));
      site.write('peer/compose.yaml', file(`${site.name}-peer`, `${port}-${port + 2}:3000`, database));
      const peer = (...args: string[]) => ({ ...compose, args: [...compose.args, ...args], cwd: `${site.directory}/peer` });
      const own = site.command('up');
      try {
        await timeByTurns([own, peer('up', '-d')], 0);
        say(metric);
        const [ownMs = [], peerMs = []] = await timeByTurns([own, peer('up', '-d')], rounds);
        measured.push(
          against({ metric, value: median(ownMs), unit: 'ms', peer: 'docker compose up -d', peerValue: median(peerMs) }, limit),
        );
      } finally {
        await timeByTurns([peer('down', '-t', '1')], 0);
      }
    }
    return measured;
  },
};

function file(name: string, port: string, database: boolean): string {
  const waits =
    '    depends_on: { db: { condition: service_healthy } }\n  db:\n    image: $IMAGE\n    healthcheck: { test: [CMD, "true"], interval: 1s }\n';
  return `name: ${name}
services:
  web:
    image: $IMAGE
    ports: ["${port}"]
    environment: { VERSION: "1" }
    deploy: { replicas: 3 }
${database ? waits : ''}`.replaceAll('$IMAGE', appImage);
}
