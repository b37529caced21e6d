import { expect, test } from 'vitest';
import { memoryTree } from '../../test/fakes/memory-tree.ts';
import { findNodeStart } from './node-start.ts';
import { readPackageJson } from './package-json.ts';

type Given = {
  start?: string;
  scripts?: Record<string, string>;
  dependencies?: string[];
  devDependencies?: string[];
  main?: string;
  files?: Record<string, string>;
};

async function startOf(given: Given) {
  const versions = (names: string[] = []) => Object.fromEntries(names.map((name) => [name, '1']));
  const manifest = {
    main: given.main,
    scripts: { ...given.scripts, ...(given.start === undefined ? {} : { start: given.start }) },
    dependencies: versions(given.dependencies),
    devDependencies: versions(given.devDependencies),
  };
  const tree = memoryTree({ 'package.json': JSON.stringify(manifest), ...given.files });
  const parsed = await readPackageJson(tree);
  return parsed === undefined ? undefined : await findNodeStart(tree, parsed);
}

test.each<[string, Given, string[]]>([
  ['a plain command stays', { start: 'node server.js' }, ['node', 'server.js']],
  ['quotes are taken off', { start: `node "my server.js" --name 'a b'` }, ['node', 'my server.js', '--name', 'a b']],
  ['a script that runs another is followed', { start: 'npm run serve', scripts: { serve: 'node dist/main.js' } }, ['node', 'dist/main.js']],
  [
    'arguments after -- are passed on',
    { start: 'npm run serve -- --port 4000', scripts: { serve: 'node a.js' } },
    ['node', 'a.js', '--port', '4000'],
  ],
  ['a binary of a package gets its path', { start: 'next start', dependencies: ['next'] }, ['/app/node_modules/.bin/next', 'start']],
  ['npx is taken off', { start: 'npx next start', dependencies: ['next'] }, ['/app/node_modules/.bin/next', 'start']],
  ['nodemon becomes node', { start: 'nodemon server.js', devDependencies: ['nodemon'] }, ['node', 'server.js']],
  ['--watch is taken off', { start: 'node --watch server.js' }, ['node', 'server.js']],
  [
    'a variable needs a shell, which gives its place up',
    { start: 'node server.js --port $PORT' },
    ['/bin/sh', '-c', 'exec node server.js --port $PORT'],
  ],
  [
    'the last of several commands gets the signals',
    { start: 'node migrate.js && node server.js' },
    ['/bin/sh', '-c', 'node migrate.js && exec node server.js'],
  ],
  [
    'the last of several commands is followed',
    { start: 'node migrate.js && npm run serve', scripts: { serve: 'node server.js' } },
    ['/bin/sh', '-c', 'node migrate.js && exec node server.js'],
  ],
  [
    'what comes before start runs first',
    { start: 'node server.js', scripts: { prestart: 'node migrate.js' } },
    ['/bin/sh', '-c', 'node migrate.js && exec node server.js'],
  ],
  ['a build before start is for the image', { start: 'node dist/a.js', scripts: { prestart: 'npm run build' } }, ['node', 'dist/a.js']],
  ['a script that runs itself ends', { start: 'npm start' }, ['npm', 'start']],
  ['without scripts, main is run', { main: 'lib/main.js', files: { 'lib/main.js': '' } }, ['node', 'lib/main.js']],
  ['without main, the usual names are looked for', { files: { 'app.js': '' } }, ['node', 'app.js']],
  ['a Procfile wins', { start: 'node a.js', files: { Procfile: 'release: x\nweb: node b.js\n' } }, ['node', 'b.js']],
])('%s', async (_name, given, command) => {
  expect((await startOf(given))?.command).toEqual(command);
});

test('variables before the command become the environment of the image', async () => {
  const start = await startOf({ start: 'NODE_ENV=production cross-env A=1 node server.js' });
  expect(start).toMatchObject({ command: ['node', 'server.js'], environment: { NODE_ENV: 'production', A: '1' } });
});

test('a start that needs a development dependency keeps those, with a warning', async () => {
  const start = await startOf({ start: 'tsx src/server.ts', devDependencies: ['tsx'] });
  expect(start).toMatchObject({ command: ['/app/node_modules/.bin/tsx', 'src/server.ts'], needsDevelopment: true });
  expect(start?.warnings).toEqual([
    'The start command needs "tsx", a development dependency, so the image keeps those; move it to dependencies.',
  ]);
});

test('a command that only a shell can run says that signals may be lost', async () => {
  const start = await startOf({ start: 'node a.js | tee log' });
  expect(start?.command).toEqual(['/bin/sh', '-c', 'node a.js | tee log']);
  expect(start?.warnings[0]).toMatch(/SIGTERM may not reach the server/);
});

test('nothing to start is no application', async () => {
  expect(await startOf({})).toBeUndefined();
});

test('a broken package.json is an error with its place', async () => {
  await expect(readPackageJson(memoryTree({ 'package.json': '{' }))).rejects.toMatchObject({
    code: 'FILE_INVALID',
    where: { file: '/project/package.json' },
  });
  await expect(readPackageJson(memoryTree({ 'package.json': '{"scripts": 1}' }))).rejects.toThrow(/scripts: /);
});
