import { expect, test } from 'vitest';
import { findWords } from './words.ts';

const rows: readonly (readonly [text: string, name: string | undefined])[] = [
  ['// TO' + 'DO: later', 'open end'],
  ['// TO' + 'DO(#12): later', undefined],
  ['spawn(file, args, { shell: ' + 'true })', 'shell string'],
  ['exec' + '(`rm ${name}`)', 'shell string'],
  ["database.exec('begin')", undefined],
  ['test.' + "skip('later', run)", 'skipped test'],
  ["test.skipIf(!root)('needs root', run)", undefined],
];

test.each(rows)('%s', (text, name) => {
  const found = findWords('a.ts', `first\n${text}`);
  expect(found.map((line) => line.split(': ').slice(0, 2))).toEqual(name === undefined ? [] : [['a.ts:2', name]]);
});
