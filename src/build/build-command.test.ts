import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildSchema, type Build } from '../model/index.ts';
import type { BuildEnvironment, BuildInput } from '../ports/index.ts';
import { buildCommand } from './build-command.ts';
import { lendFiles } from './lent-files.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'berth-command-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const plain: BuildEnvironment = { proxy: {}, certificateFiles: [], bases: 'auto', tool: { PATH: '/bin' } };

function given(build: Partial<Build>, environment: Partial<BuildEnvironment> = {}): BuildInput {
  const parsed = buildSchema.parse({ context: '/app', dockerfile: '/app/Dockerfile', hash: 'h', ...build });
  return {
    app: 'shop',
    service: 'web',
    build: parsed,
    environment: { ...plain, ...environment },
    labels: { 'dev.berth.app': 'shop' },
    tag: 'berth/shop-web:1',
  };
}

function command(input: BuildInput) {
  return buildCommand({
    tool: { file: '/usr/bin/docker', kind: 'cli' },
    input,
    socket: '/s.sock',
    directory,
    lent: [],
    bases: { BASE: 'x:1' },
    key: 'k',
  });
}

const generated = { stack: 'node-npm', dockerfile: 'FROM x\n', dockerignore: 'a\n', bases: {} };

test('every option of Compose reaches the tool as an argument', () => {
  const made = command(
    given({
      args: { A: 'b c', EVIL: '$(reboot)' },
      target: 'run',
      network: 'none',
      noCache: true,
      pull: true,
      shmSizeBytes: 64,
      platform: 'linux/arm64',
      extraHosts: ['a:1.2.3.4'],
      labels: { l: 'v' },
      tags: ['shop:latest'],
    }),
  );
  expect(made.args).toEqual(
    [
      ['build', '--progress=plain', '--iidfile', join(directory, 'image-id'), '--file', '/app/Dockerfile'],
      ['--tag', 'berth/shop-web:1', '--tag', 'shop:latest'],
      ['--label', 'l=v', '--label', 'dev.berth.app=shop', '--label', 'dev.berth.build=k'],
      ['--build-arg', 'BASE=x:1', '--build-arg', 'A=b c', '--build-arg', 'EVIL=$(reboot)'],
      ['--target', 'run', '--network', 'none', '--platform', 'linux/arm64', '--shm-size', '64', '--add-host', 'a:1.2.3.4'],
      ['--no-cache', '--pull', '/app'],
    ].flat(),
  );
  expect(made.environment).toMatchObject({ PATH: '/bin', DOCKER_HOST: 'unix:///s.sock', DOCKER_BUILDKIT: '1' });
});

test('buildx builds on the engine itself, where the bases are', () => {
  const made = buildCommand({
    tool: { file: 'docker', kind: 'buildx' },
    input: given({}),
    socket: '/s',
    directory,
    lent: [],
    bases: {},
    key: 'k',
  });
  expect(made.args.slice(0, 5)).toEqual(['buildx', 'build', '--builder', 'default', '--load']);
});

test('generated files lie in the private directory, not in the tree', () => {
  const made = command(given({ generated, dockerfile: undefined }));
  expect(made.args).toContain(join(directory, 'Dockerfile'));
  expect(readFileSync(join(directory, 'Dockerfile'), 'utf8')).toBe('FROM x\n');
  expect(readFileSync(join(directory, 'Dockerfile.dockerignore'), 'utf8')).toBe('a\n');
  expect(made.args).not.toContain('--pull');
});

test('proxies go by name, their values only in the environment; one on loopback needs the network of the host', () => {
  const made = command(given({ generated, dockerfile: undefined }, { proxy: { HTTPS_PROXY: 'http://u:p@127.0.0.1:3128' } }));
  expect(made.args.join(' ')).toContain('--build-arg HTTPS_PROXY --network host');
  expect(made.args.join(' ')).not.toContain('u:p');
  expect(made.environment['HTTPS_PROXY']).toBe('http://u:p@127.0.0.1:3128');
});

test('a comma in the path of a secret is quoted', () => {
  const input = given({});
  const made = buildCommand({
    tool: { file: 'd', kind: 'cli' },
    input,
    socket: '/s',
    directory,
    lent: [{ id: 'a', source: '/x,y' }],
    bases: {},
    key: 'k',
  });
  expect(made.args).toContain('id=a,"src=/x,y"');
});

test('settings are lent without what only means something on the host', () => {
  writeFileSync(join(directory, 'npmrc'), 'registry=https://m/\ncafile=/etc/x\n//m/:_authToken=t\n');
  writeFileSync(join(directory, 'pip'), '[global]\ncert = /etc/x\nindex-url = https://old/\n');
  const input = given({}, { npmrc: join(directory, 'npmrc'), pipConf: join(directory, 'pip'), tool: { PIP_INDEX_URL: 'https://new/' } });
  const lent = Object.fromEntries(
    lendFiles({ build: input.build, environment: input.environment, directory }).map(({ id, source }) => [id, source]),
  );
  expect(readFileSync(lent['berth-npmrc'] ?? '', 'utf8')).toBe('registry=https://m/\n//m/:_authToken=t\n');
  expect(readFileSync(lent['berth-pip'] ?? '', 'utf8')).toBe('[global]\nindex-url = https://new/\n');
  expect(statSync(lent['berth-npmrc'] ?? '').mode & 0o777).toBe(0o600);
});

test('the authorities are one bundle without doubles', () => {
  const block = '-----BEGIN CERTIFICATE-----\n=only here=\n-----END CERTIFICATE-----';
  writeFileSync(join(directory, 'a.pem'), `text\n${block}\n${block}\n`);
  const input = given({}, { certificateFiles: [join(directory, 'a.pem')] });
  const [lent] = lendFiles({ build: input.build, environment: input.environment, directory });
  const bundle = readFileSync(lent?.source ?? '', 'utf8');
  expect(bundle.split('=only here=')).toHaveLength(2);
});

test('a secret of the project is a private file whatever its id, and in no argument; a file that is gone is an error', () => {
  const input = given({ secrets: [{ id: '/../t', secret: 'TOKEN' }] });
  const lent = lendFiles({ ...input, secrets: { TOKEN: Buffer.from('value') }, directory });
  const { source = '' } = lent.find(({ id }) => id === '/../t') ?? {};
  expect(readFileSync(source, 'utf8')).toBe('value');
  expect(statSync(source).mode & 0o777).toBe(0o600);
  expect(dirname(source)).toBe(directory);
  const command = buildCommand({ tool: { file: 'd', kind: 'cli' }, input, socket: '/s', directory, lent, bases: {}, key: 'k' });
  expect(JSON.stringify(command)).not.toContain('value');
  const { build } = given({ secrets: [{ id: 't', file: '/gone' }] });
  expect(() => lendFiles({ build, environment: plain, directory })).toThrow(expect.objectContaining({ code: 'FILE_NOT_FOUND' }));
});
