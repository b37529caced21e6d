import { expect, test } from 'vitest';
import { web } from './harness/index.ts';
import { sharedHome } from './harness/shared-home.ts';

const openSite = sharedHome();

/** A fault of the application, and what the failure must tell about it. */
const faults: readonly (readonly [what: string, variables: Readonly<Record<string, string>>, tells: readonly string[]])[] = [
  ['listens on 127.0.0.1 only', { HOST: '127.0.0.1' }, ['127.0.0.1:3000']],
  ['exits', { EXIT: '3' }, ['3', 'exits with 3']],
  ['answers 500', { BROKEN: '1' }, ['500', 'listens on 0.0.0.0:3000']],
];

test.each(faults)('an application that %s', async (_what, variables, tells) => {
  await using site = await openSite();
  site.compose(web({ replicas: 1, within: '3s' }));
  site.variables(variables);
  const { code, err } = await site.berth('up');
  expect(code).toBe(1);
  for (const part of tells) expect(err).toContain(part);
});

test('an application that listens on another port', async () => {
  await using site = await openSite();
  site.compose(web({ replicas: 1, within: '3s', more: '    command: [sh, -c, "PORT=4000 exec node server.mjs"]' }));
  const { code, err } = await site.berth('up');
  expect(code).toBe(1);
  expect(err).toContain('4000');
});

test('the failed instance is kept, stopped, until the next rollout of the service', async () => {
  await using site = await openSite();
  site.compose(web({ replicas: 1, within: '2s' }));
  await site.ok('up');
  site.variables({ VERSION: '2', BROKEN: '1' });
  expect((await site.berth('up')).code).toBe(1);
  expect((await site.containers()).filter((line) => line.includes(' exited instance '))).toHaveLength(1);
  site.variables({ VERSION: '3', BROKEN: '' });
  await site.ok('up');
  expect((await site.containers()).filter((line) => line.includes(' instance '))).toHaveLength(1);
});
