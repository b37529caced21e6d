import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildSchema } from '../model/index.ts';
import { findMissingCopy } from './copied-files.ts';

let context: string;
beforeAll(() => {
  context = mkdtempSync(join(tmpdir(), 'berth-copy-'));
  mkdirSync(join(context, 'here'));
  writeFileSync(join(context, 'ignored.txt'), '');
  writeFileSync(join(context, '.dockerignore'), '*.txt\n');
});
afterAll(() => rmSync(context, { recursive: true }));

const dockerfile = String.raw`FROM a AS first
COPY here /here

copy --chown=1:1 here \
  # not of the instruction
  ../../x /y
ADD ["sub/../../a b", "/y"]
COPY nowhere.json /y
COPY ignored.txt /y
COPY --from=first ../z /y
COPY no*.json /y
ADD https://x.test/../a /y
`;

function find(step: string | undefined) {
  writeFileSync(join(context, 'Dockerfile'), dockerfile);
  return findMissingCopy(buildSchema.parse({ context, hash: 'h' }), step);
}

test.each([
  ['COPY --chown=1:1 here   ../../x /y', 4, '../../x, which is outside the build context'],
  ['ADD [sub/../../a b, /y]', 7, 'sub/../../a b, which is outside the build context'],
  ['COPY nowhere.json /y', 8, 'nowhere.json, which is not in the build context'],
  ['COPY ignored.txt /y', 9, 'ignored.txt, which .dockerignore leaves out'],
])('%s is explained with its line', (step, line, what) => {
  expect(find(step)).toMatchObject({ what: expect.stringContaining(what), where: { file: join(context, 'Dockerfile'), line } });
});

test.each(['COPY here /here', 'COPY --from=first ../z /y', 'COPY no*.json /y', 'ADD https://x.test/../a /y', 'RUN false', undefined])(
  '%s has another reason',
  (step) => {
    expect(find(step)).toBeUndefined();
  },
);

test('a Dockerfile in the Compose file has a line, but no file', () => {
  const build = buildSchema.parse({ context, hash: 'h', inline: 'FROM a\nCOPY ../x /y\n' });
  expect(findMissingCopy(build, 'COPY ../x /y')).toMatchObject({
    what: expect.stringContaining('in line 2 of the Dockerfile'),
    where: undefined,
  });
});
