import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadProject, type Reader } from '../../src/spec/index.ts';
import { against, atMost, median, told, type Bench } from './kit/bench.ts';
import { composeCommand } from './kit/compose-program.ts';
import { installBerth } from './kit/installed.ts';
import { many, writeMany } from './kit/many-services.ts';
import { timeByTurns } from './kit/timing.ts';

const rounds = 11;

const disk: Reader = {
  read: (file) => readFile(file).catch(() => undefined),
  exists: (file) =>
    stat(file).then(
      () => true,
      () => false,
    ),
};

/** How long loading takes for an application far larger than any on one machine. */
export const spec: Bench = {
  name: 'spec',
  what: `loading ${many.services} services in ${many.files} included files with ${many.variables} variables, against \`docker compose config\``,
  how: `In-process: the pure function with files from the disk, median of ${rounds} runs, the first (cold) one told too. Whole process: the installed \`berth config\` and docker compose of Debian trixie's static package on the same project, wall time, ${rounds} runs by turns, medians.`,
  async run(say) {
    const directory = await writeMany(await mkdtemp(path.join(tmpdir(), 'berth-many-')));
    try {
      const [coldMs = 0, ...warmMs] = await loadTimes(directory);
      say('building and installing');
      await using installed = await installBerth();
      const compose = await composeCommand();
      const peer = { ...compose, args: [...compose.args, 'config'], cwd: directory };
      const [own = [], theirs = []] = await timeByTurns([{ file: installed.file, args: ['config'], cwd: directory }, peer], rounds);
      return [
        atMost('in-process', median(warmMs), 'ms', 150),
        told('in-process, the first time', coldMs, 'ms'),
        against(
          { metric: 'whole process', value: median(own), unit: 'ms', peer: 'docker compose config', peerValue: median(theirs) },
          { atMost: 0.7 },
        ),
      ];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function loadTimes(directory: string): Promise<number[]> {
  const tookMs: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const startedMs = performance.now();
    await loadProject({ directory, files: [], profiles: [], envFiles: [], variables: {}, strict: false, reader: disk });
    tookMs.push(performance.now() - startedMs);
  }
  return tookMs;
}
