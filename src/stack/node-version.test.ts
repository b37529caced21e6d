import { expect, test } from 'vitest';
import { memoryTree } from '../../test/fakes/memory-tree.ts';
import { findNodeVersion, hasVersionOf } from './node-version.ts';

test.each([
  ['>=18', '24'],
  ['>= 20', '24'],
  ['^20', '20'],
  ['^20.1.0', '20'],
  ['20.x', '20'],
  ['~22.3', '22'],
  ['18 || 20', '20'],
  ['>=20 <23', '22'],
  ['20 - 22', '22'],
  ['*', '24'],
  ['>24', '26'],
  ['<=22', '22'],
  ['v22', '22'],
])('engines.node %s takes Node %s', async (range, version) => {
  expect(await findNodeVersion(memoryTree({}), range)).toMatchObject({ version });
});

test.each([
  ['v20.11.1\n', '20.11.1'],
  ['22', '22'],
  ['lts/iron', '20'],
  ['lts/*', '24'],
  ['node', '24'],
])('.nvmrc %j takes Node %s', async (text, version) => {
  expect(await findNodeVersion(memoryTree({ '.nvmrc': text }), undefined)).toMatchObject({ version });
});

test('a range that no line fits takes the default and says so', async () => {
  const found = await findNodeVersion(memoryTree({}), '^7');
  expect(found).toMatchObject({
    version: '24',
    warning: 'No version of Node that berth knows fits engines.node "^7" in package.json; Node 24 is used.',
  });
});

test('without a wish it is the long-term line', async () => {
  expect(await findNodeVersion(memoryTree({}), undefined)).toMatchObject({ version: '24' });
});

test('a bound below a line keeps it out', () => {
  expect(hasVersionOf('>=20 <24', 24)).toBe(false);
  expect(hasVersionOf('>=20 <24', 22)).toBe(true);
});
