import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { against, median, type Bench } from './bench.ts';
import { timeByTurns } from './timing.ts';

const execute = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
const rounds = 30;

/** How long the installed command takes to say something. */
export const startup: Bench = {
  name: 'startup',
  what: 'the installed `berth --help`, against bare `node -e 0` of the same Node',
  how: `\`npm run build\`, \`npm pack\`, \`npm install -g\` of the archive into an empty directory; wall time, ${rounds} runs by turns, medians.`,
  async run(say) {
    const directory = await mkdtemp(path.join(tmpdir(), 'berth-startup-'));
    try {
      say('building and installing');
      const installed = await installInto(directory);
      const [own = [], node = []] = await timeByTurns(
        [
          { file: installed, args: ['--help'] },
          { file: process.execPath, args: ['-e', '0'] },
        ],
        rounds,
      );
      return [
        against({ metric: 'wall time', value: median(own), unit: 'ms', peer: 'node -e 0', peerValue: median(node) }, { atMost: 1.8 }),
      ];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function installInto(directory: string): Promise<string> {
  await execute('npm', ['run', 'build'], { cwd: root });
  await execute('npm', ['pack', '--pack-destination', directory], { cwd: root });
  const archive = (await readdir(directory)).find((file) => file.endsWith('.tgz'));
  if (archive === undefined) throw new Error('npm pack made no archive.');
  const prefix = path.join(directory, 'prefix');
  await execute('npm', ['install', '--global', '--prefix', prefix, path.join(directory, archive)], { cwd: directory });
  return path.join(prefix, 'bin/berth');
}
