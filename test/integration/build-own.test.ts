import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unpackTar } from 'modern-tar';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listContext } from '../../src/build/context.ts';
import { parseDockerIgnore } from '../../src/build/docker-ignore.ts';
import { generatedBuild, openKit, withHash, type Kit } from './build-kit.ts';

let kit: Kit;
/** An image with a shell that these Dockerfiles start from. */
let base: string;
beforeAll(async () => {
  kit = await openKit();
  const input = kit.input(await generatedBuild(kit.copy('hello')));
  await kit.builder.build(input, () => undefined);
  base = input.tag;
});
afterAll(() => kit.close());

function tree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(kit.directory, 'own-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

async function read(imageId: string, command: string[]): Promise<string> {
  const { id } = await kit.start(imageId, { Cmd: ['sleep', '60'], User: '0' });
  return (await kit.engine.exec(id, { command })).stdout.trim();
}

test("a user's Dockerfile is built as it is, with every option", async () => {
  // BuildKit takes a step that it knows from its cache, whatever its secrets are now.
  const who = `a "b" $(reboot) ${randomUUID()}`;
  const context = tree({
    'docker/Web.Dockerfile': [
      `FROM ${base} AS first`,
      'USER 0',
      'ARG WHO',
      'RUN --mount=type=secret,id=token --mount=type=secret,id=file echo "$WHO $(cat /run/secrets/token) $(cat /run/secrets/file)" >/out',
      'FROM first AS unwanted',
      'RUN exit 1',
    ].join('\n'),
    'secret,1': 'from a file',
  });
  const build = withHash({
    context,
    dockerfile: join(context, 'docker/Web.Dockerfile'),
    args: { WHO: who },
    target: 'first',
    labels: { mine: 'yes' },
    tags: ['t-build/own-extra:1'],
    extraHosts: ['other.invalid:127.0.0.2'],
    network: 'none',
    secrets: [
      { id: 'token', secret: 'TOKEN' },
      { id: 'file', file: join(context, 'secret,1') },
    ],
  });
  const input = kit.input(build);
  const secrets = { TOKEN: Buffer.from('from the store') };
  const { imageId } = await kit.builder.build({ ...input, secrets }, () => undefined);
  expect(await read(imageId, ['cat', '/out'])).toBe(`${who} from the store from a file`);
  const image = await kit.engine.inspectImage('t-build/own-extra:1');
  expect(image?.id).toBe(imageId);
  expect(image?.labels).toMatchObject({ mine: 'yes', 't-build': '1' });
  expect(await kit.builder.find(input)).toEqual({ imageId });
  await kit.engine.removeImage('t-build/own-extra:1');
});

test('a Dockerfile in the Compose file is built, and its text counts', async () => {
  const context = tree({ 'a.txt': 'content' });
  const build = withHash({ context, inline: `FROM ${base}\nCOPY a.txt /a.txt\n` });
  const { imageId } = await kit.builder.build(kit.input(build), () => undefined);
  expect(await read(imageId, ['cat', '/a.txt'])).toBe('content');
  expect(withHash({ context, inline: `FROM ${base}\n` }).hash).not.toBe(build.hash);
});

test('another image under the name that a Dockerfile starts from makes another build', async () => {
  const context = tree({});
  await kit.engine.tagImage(base, 't-build/from', '1');
  const input = kit.input(withHash({ context, inline: 'FROM t-build/from:1\nLABEL a=b\n' }));
  const { imageId } = await kit.builder.build(input, () => undefined);
  expect(await kit.builder.find(input)).toEqual({ imageId });
  await kit.engine.tagImage(imageId, 't-build/from', '1');
  expect(await kit.builder.find(input)).toBeUndefined();
  await kit.engine.removeImage('t-build/from:1');
});

test('an unknown instruction and an image that is not there are told by the build tool', async () => {
  const context = tree({});
  const wrong = kit.builder.build(kit.input(withHash({ context, inline: 'FORM x\n' })), () => undefined);
  await expect(wrong).rejects.toMatchObject({ code: 'BUILD_FAILED', message: expect.stringMatching(/unknown instruction: FORM/i) });
});

test('a COPY from outside the context is told with its line and the way out', async () => {
  const context = tree({ Dockerfile: `FROM ${base}\nCOPY ../../x /y\n` });
  const copying = kit.builder.build(kit.input(withHash({ context })), () => undefined);
  await expect(copying).rejects.toMatchObject({
    code: 'BUILD_FAILED',
    message: expect.stringContaining('takes ../../x, which is outside the build context'),
    hint: expect.stringContaining('build.context'),
    where: { file: join(context, 'Dockerfile'), line: 2 },
  });
});

test('what is hashed is what Docker sends', async () => {
  const ignore = [
    '# comment',
    'node_modules',
    '**/*.log',
    '!keep/*.log',
    'docs/**',
    '!docs/README.md',
    '/build/',
    '*.md',
    'temp?',
    'deep/*/skip',
    '!**/important.txt',
    'secrets',
    '.env*',
    '!.env.example',
    '[x-z].bin',
    String.raw`a\*b`,
  ].join('\n');
  const context = tree({
    '.dockerignore': ignore,
    ...Object.fromEntries(
      [
        `
        node_modules/a.js packages/one/node_modules/b.js a.log keep/a.log keep/deep/b.log docs/a.txt
        docs/README.md docs/sub/c.txt build/out.js src/build/x.js README.md src/NOTES.md
        temp1 temp temporary deep/one/skip/z.js deep/one/two/skip/z.js secrets/important.txt
        secrets/other.txt secrets/in/important.txt .env .env.example src/.env y.bin
        a.bin a*b axb ümläut.txt
      `
          .trim()
          .split(/\s+/),
        'with space.txt',
      ]
        .flat()
        .map((path) => [path, path]),
    ),
  });
  chmodSync(join(context, 'a.bin'), 0o755);
  symlinkSync('a.bin', join(context, 'link'));
  symlinkSync('node_modules', join(context, 'linked'));
  mkdirSync(join(context, 'empty'));
  const { imageId } = await kit.builder.build(kit.input(withHash({ context, inline: 'FROM scratch\nCOPY . /x\n' })), () => undefined);
  const id = await kit.engine.createContainer(`t-build-list-${process.pid}`, {
    Image: imageId,
    Labels: {},
    Cmd: ['/none'],
    HostConfig: {},
  });
  const archive = await kit.engine.getArchive(id, '/x');
  await kit.engine.removeContainer(id, { force: true });
  const sent = (await unpackTar(archive ?? new Uint8Array()))
    .map(({ header }) => header.name.replace(/^x\//, '').replace(/\/$/, ''))
    .filter((name) => name !== '' && name !== 'x');
  const listed = [...listContext(context, parseDockerIgnore(ignore))].map(({ path }) => path);
  expect(listed.filter((path) => !sent.includes(path))).toEqual([]);
  // Docker also makes the ignored directories above something that came back.
  expect(sent.filter((path) => !listed.includes(path) && !listed.some((other) => other.startsWith(`${path}/`)))).toEqual([]);
});
