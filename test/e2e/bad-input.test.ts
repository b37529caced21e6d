import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appImage, Site, web } from './harness/index.ts';
import { sharedHome } from './harness/shared-home.ts';

const openSite = sharedHome();

/** What is wrong with a file, and what the error must name. */
const files: readonly (readonly [what: string, text: string, names: readonly string[]])[] = [
  ['bad YAML', 'services:\n  web: [', ['compose.yaml:']],
  ['a duplicate key', 'services:\n  web:\n    image: a\n    image: b\n', ['compose.yaml:5', 'image']],
  ['an unknown key', 'services:\n  web:\n    image: a\n    imge: b\n', ['compose.yaml:5', 'imge', 'image']],
  ['a wrong type', 'services:\n  web:\n    image: a\n    ports: 80\n', ['compose.yaml:5']],
  ['a required variable', 'services:\n  web:\n    image: ${IMG:?name an image}\n', ['IMG', 'name an image']],
  ['one port twice', 'services:\n  a: { image: x, ports: ["8099:1"] }\n  b: { image: x, ports: ["8099:1"] }\n', ['8099', 'a', 'b']],
  ['a port out of range', 'services:\n  web: { image: x, ports: ["99999:1"] }\n', ['99999']],
  ['a cycle', 'services:\n  a: { image: x, depends_on: [b] }\n  b: { image: x, depends_on: [a] }\n', ['depends_on']],
  ['an unknown network', 'services:\n  web: { image: x, networks: [nowhere] }\n', ['nowhere']],
  ['an unknown volume', 'services:\n  web: { image: x, volumes: ["nowhere:/data"] }\n', ['nowhere']],
  ['an unknown secret', 'services:\n  web: { image: x, secrets: [nowhere] }\n', ['nowhere']],
  ['an invalid name', 'services:\n  "we b": { image: x }\n', ['we b']],
  ['a context that is missing', 'services:\n  web: { build: ./nowhere }\n', ['nowhere']],
  ['extends of a service that is not there', 'services:\n  web: { extends: { service: base } }\n', ['extends']],
  ['an image that does not exist', 'services:\n  web: { image: "berth-test/nowhere:1", pull_policy: never }\n', ['berth-test/nowhere:1']],
];

let bare: Site;

beforeAll(async () => {
  bare = await openSite();
});
afterAll(() => bare[Symbol.asyncDispose]());

test.each(files)('%s: exit 2, its place named, nothing changed', async (_what, text, names) => {
  const site = bare;
  site.compose(text);
  const { code, err, out } = await site.berth('up');
  expect(code, err).toBe(2);
  expect(out).toBe('');
  for (const name of names) expect(err).toContain(name);
  expect(await site.containers()).toEqual([]);
});

test('all problems of a file are told at once, in order', async () => {
  const site = bare;
  site.compose('services:\n  web:\n    imge: a\n    ports: ["99999:1"]\n  db:\n    image: b\n    networks: [nowhere]\n');
  const { code, err } = await site.berth('up');
  expect(code).toBe(2);
  const places = [...err.matchAll(/compose\.yaml:(\d+)/g)].map(([, line]) => Number(line));
  expect(new Set(places).size).toBeGreaterThanOrEqual(3);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test('no application at all: exit 2', async () => {
  await using site = await openSite();
  expect((await site.berth('up')).code).toBe(2);
});

test('a port that another process holds is named with its holder', async () => {
  await using site = await openSite();
  const holder = createServer().listen(site.port);
  await once(holder, 'listening');
  site.compose(web());
  const { code, err } = await site.berth('up');
  holder.close();
  expect(code, err).toBe(2);
  expect(err).toContain(String(site.port));
  expect(err).toMatch(new RegExp(`node|${process.pid}`));
});

test('an app name that another directory uses is an error that names the directory, unless -p names it', async () => {
  await using site = await openSite();
  site.compose(web({ replicas: 1 }));
  await site.ok('up');
  await using other = await Site.open({ home: site.home });
  other.compose(web({ replicas: 1 }));
  const copy = await other.berth('-p', other.name, 'config');
  expect(copy.code).toBe(0);
  other.write(
    'compose.yaml',
    `name: ${site.name}\n${web({ replicas: 1 }).replaceAll('$IMAGE', appImage).replaceAll('$PORT', String(site.port))}`,
  );
  const { code, err } = await other.berth('up');
  expect(code, err).toBe(2);
  expect(err).toContain(site.directory);
  expect((await other.berth('-p', site.name, 'up')).code).toBe(0);
  other.compose(web({ replicas: 1 }));
});

test('two homes never share a port: the error names the other home, and its app keeps serving', async () => {
  await using site = await Site.open();
  site.compose(web({ replicas: 1 }));
  await site.ok('up');
  await using other = await Site.open({ port: site.port });
  other.compose(web({ replicas: 1 }));
  other.variables({ VERSION: 'other' });
  const { code, err } = await other.berth('up');
  expect(code, err).toBe(2);
  expect(err).toContain(site.home);
  expect(await site.versions()).toEqual(['1']);
});
