import { appImage, freePort, Site, web } from '../e2e/harness/index.ts';
import { against, median, type Bench } from './bench.ts';
import { composeProgram } from './compose-program.ts';
import { timeByTurns } from './timing.ts';

const rounds = 15;

/** `berth up` with nothing to change. */
export const noop: Bench = {
  name: 'noop',
  what: '`berth up` with nothing to change, against `docker compose up -d`',
  how: `One service of three instances from an image, the same for both, everything up and berth's server running; wall time, ${rounds} runs by turns, medians. docker compose is Debian trixie's static package.`,
  async run(say) {
    const compose = await composeProgram();
    const port = await freePort();
    await using site = await Site.open();
    site.compose(web({ replicas: 3 }));
    site.write('peer/compose.yaml', peerFile(site.name, port));
    const peer = { file: compose, cwd: `${site.directory}/peer` };
    await site.ok('up');
    try {
      await timeByTurns([{ ...peer, args: ['up', '-d'] }], 0);
      say(`${rounds} runs each`);
      const [own = [], other = []] = await timeByTurns([site.command('up'), { ...peer, args: ['up', '-d'] }], rounds);
      return [
        against(
          { metric: 'wall time', value: median(own), unit: 'ms', peer: 'docker compose up -d', peerValue: median(other) },
          { atMost: 0.5 },
        ),
      ];
    } finally {
      await timeByTurns([{ ...peer, args: ['down', '-t', '1'] }], 0);
    }
  },
};

function peerFile(name: string, port: number): string {
  return `name: ${name}-peer
services:
  web:
    image: ${appImage}
    ports: ["${port}-${port + 2}:3000"]
    environment: { VERSION: "1" }
    deploy: { replicas: 3 }
`;
}
