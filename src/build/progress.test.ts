import { expect, test } from 'vitest';
import type { BuildProgress } from '../ports/index.ts';
import { ProgressReader } from './progress.ts';

function read(text: string): { seen: BuildProgress[]; reader: ProgressReader } {
  const seen: BuildProgress[] = [];
  const reader = new ProgressReader((progress) => seen.push(progress));
  for (const line of text.trim().split('\n')) reader.read(line);
  return { seen, reader };
}

test('steps of all stages are counted, without what berth put into them', () => {
  const { seen } = read(`
#1 [internal] load build definition from Dockerfile
#1 DONE 0.1s
#5 [build 1/2] FROM docker.io/library/a
#5 CACHED
#6 [build 2/2] RUN --mount=type=secret,id=berth-ca,target=/run/berth/ca.pem     if [ -s /run/berth/ca.pem ]; then export A=1 B=2; fi;     npm ci
#6 0.512 added 68 packages
#6 DONE 1.0s
#7 [stage-1 1/1] COPY . .`);
  expect(seen).toEqual([
    { message: '[build 1/2] FROM docker.io/library/a', step: 0, steps: 2 },
    { message: '[build 2/2] RUN npm ci', step: 1, steps: 2 },
    { message: 'added 68 packages', step: 1, steps: 2 },
    { message: '[stage-1 1/1] COPY . .', step: 2, steps: 3 },
  ]);
});

test('a failure is told by the output of its step and the last word of the tool', () => {
  const { reader } = read(`
#6 [build 2/2] RUN npm run build
#6 0.5 other
#8 [other 1/1] RUN sleep
#8 0.1 noise of another step
#6 0.9 \u001B[31msrc/a.ts: error TS1005\u001B[0m
#6 ERROR: executor failed running [/bin/sh -c npm run build]: exit code: 2
------
 > [build 2/2] RUN npm run build:
------
executor failed running [/bin/sh -c npm run build]: exit code: 2`);
  expect(reader.lastLines()).toEqual(['other', 'src/a.ts: error TS1005']);
  expect(reader.reason()).toBe('[build 2/2] RUN npm run build ended with exit code 2');
});

test('a failure before any step is told by what the tool said', () => {
  const { reader } = read('failed to solve with frontend dockerfile.v0: dockerfile parse error line 1: unknown instruction: FORM');
  expect(reader.lastLines()).toEqual([
    'failed to solve with frontend dockerfile.v0: dockerfile parse error line 1: unknown instruction: FORM',
  ]);
});

test("buildx's words for it are understood too", () => {
  const { reader } = read(`
#6 [2/2] RUN exit 3
#6 ERROR: process "/bin/sh -c exit 3" did not complete successfully: exit code: 3
------
 > [2/2] RUN exit 3:
------
Dockerfile:2
--------------------
   2 | >>> RUN exit 3
--------------------
ERROR: failed to solve: process "/bin/sh -c exit 3" did not complete successfully: exit code: 3`);
  expect(reader.reason()).toBe('[2/2] RUN exit 3 ended with exit code 3');
});

test('only the last twenty lines are kept', () => {
  const { reader } = read(
    ['#6 [1/1] RUN x', ...Array.from({ length: 50 }, (_, i) => `#6 0.1 line ${i}`), '#6 ERROR: no', 'the reason'].join('\n'),
  );
  const lines = reader.lastLines();
  expect(lines).toHaveLength(20);
  expect(lines.at(-1)).toBe('line 49');
  expect(reader.reason()).toBe('the reason');
});
