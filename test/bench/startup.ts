import { against, median, type Bench } from './kit/bench.ts';
import { installBerth } from './kit/installed.ts';
import { timeByTurns } from './kit/timing.ts';

const rounds = 30;

/** How long the installed command takes to say something. */
export const startup: Bench = {
  name: 'startup',
  what: 'the installed `berth --help`, against bare `node -e 0` of the same Node',
  how: `\`npm pack\` and \`npm install -g\` of the archive into an empty directory; wall time, ${rounds} runs by turns, medians.`,
  async run(say) {
    say('building and installing');
    await using installed = await installBerth();
    const bare = { file: process.execPath, args: ['-e', '0'] };
    const [own = [], node = []] = await timeByTurns([{ file: installed.file, args: ['--help'] }, bare], rounds);
    return [against({ metric: 'wall time', value: median(own), unit: 'ms', peer: 'node -e 0', peerValue: median(node) }, { atMost: 1.8 })];
  },
};
