import { expect, test } from 'vitest';
import { table } from './table.ts';

test('numbers stand under each other, and what was not measured is a dash', () => {
  const text = table([
    { what: 'deploy', code: 0, seconds: 12.34 },
    { what: 'update to version 2', code: 0, seconds: 9, requests: 1800, lost: 0 },
  ]);
  expect(text).toBe(
    [
      '                     exit  seconds  requests  lost',
      'deploy                  0     12.3         -     -',
      'update to version 2     0      9.0      1800     0',
    ].join('\n'),
  );
});
