import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Run } from './helper.ts';
import { loadAuths } from './load-auths.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-registry-'));
});

afterEach(() => rm(directory, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const load = async (config: unknown, images: readonly string[], run?: Run) => {
  await writeFile(join(directory, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return loadAuths({ environment: { DOCKER_CONFIG: directory }, images, ...(run === undefined ? {} : { run }) });
};
const failing: Run = async () => ({ exitCode: 1, stdout: '', notFound: false });
const missing: Run = async () => ({ exitCode: 127, stdout: '', notFound: true });

describe('loadAuths', () => {
  it('reads the credentials of the registries that are asked for, and of no other', async () => {
    const auths = {
      'https://index.docker.io/v1/': { auth: base64('me:pass:word') },
      'https://ghcr.io/v2/': { auth: base64('bot:token') },
      'other.example.com': { auth: base64('x:y') },
      'registry:5000': { identitytoken: 'abc', auth: base64('who:') },
    };
    expect(await load({ auths }, ['nginx', 'acme/web:1', 'ghcr.io/acme/web', 'registry:5000/a', 'quay.io/a/b', 'NOT A REFERENCE'])).toEqual(
      {
        'docker.io': { username: 'me', password: 'pass:word', serveraddress: 'https://index.docker.io/v1/' },
        'ghcr.io': { username: 'bot', password: 'token', serveraddress: 'ghcr.io' },
        'registry:5000': { username: 'who', password: '', identitytoken: 'abc', serveraddress: 'registry:5000' },
      },
    );
  });

  it('asks the helper of the registry, or the store for all, with the address on standard input', async () => {
    const asked: string[] = [];
    const run: Run = async (argv, input) => {
      asked.push(`${argv.join(' ')} < ${input}`);
      const Username = input.includes('gcr.io') ? '<token>' : 'me';
      return { exitCode: 0, stdout: JSON.stringify({ ServerURL: input, Username, Secret: 's3' }), notFound: false };
    };
    const config = { credsStore: 'pass', credHelpers: { 'gcr.io': 'gcloud' } };
    expect(await load(config, ['gcr.io/a/b', 'nginx'], run)).toEqual({
      'gcr.io': { identitytoken: 's3', serveraddress: 'gcr.io' },
      'docker.io': { username: 'me', password: 's3', serveraddress: 'https://index.docker.io/v1/' },
    });
    expect(asked).toEqual(['docker-credential-gcloud get < gcr.io', 'docker-credential-pass get < https://index.docker.io/v1/']);
  });

  it('takes a helper that fails for "no credentials", unless somebody logged in there', async () => {
    expect(await load({ credsStore: 'desktop' }, ['nginx'], missing)).toEqual({});
    expect(await load({ credsStore: 'pass', auths: { 'ghcr.io': { auth: base64('a:b') } } }, ['ghcr.io/a/b'], failing)).toEqual({
      'ghcr.io': { username: 'a', password: 'b', serveraddress: 'ghcr.io' },
    });
    const loggedIn = { credsStore: 'desktop', auths: { 'ghcr.io': {} } };
    await expect(load(loggedIn, ['ghcr.io/a/b'], missing)).rejects.toMatchObject({
      code: 'TOOL_MISSING',
      message: 'Could not ask docker-credential-desktop for the credentials of ghcr.io: it is not installed.',
    });
    await expect(load(loggedIn, ['ghcr.io/a/b'], failing)).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    expect(await load(loggedIn, ['nginx'], missing)).toEqual({});
  });

  it.each([
    ['{', 'it is not JSON'],
    [{ auths: [] }, '`auths`'],
    [{ auths: { 'ghcr.io': { auth: 'bm9jb2xvbg==' } } }, '`auths.ghcr.io.auth` is not the base64'],
  ])('says what is wrong with %j', async (config, why) => {
    const file = join(directory, 'config.json');
    await expect(load(config, ['ghcr.io/a/b'])).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: expect.stringContaining(why),
      where: { file },
    });
  });

  it('is content without any configuration', async () => {
    expect(await loadAuths({ environment: { HOME: directory }, images: ['nginx'] })).toEqual({});
  });

  it('runs a real helper program', async () => {
    const bin = join(directory, 'bin');
    await mkdir(bin);
    const script = '#!/bin/sh\nread -r url || true\nprintf \'{"Username":"me","Secret":"%s for %s"}\' "$1" "$url"\n';
    await writeFile(join(bin, 'docker-credential-try'), script);
    await chmod(join(bin, 'docker-credential-try'), 0o755);
    await writeFile(join(directory, 'config.json'), JSON.stringify({ credsStore: 'try' }));
    const environment = { DOCKER_CONFIG: directory, PATH: `${bin}:/usr/bin:/bin` };
    expect(await loadAuths({ environment, images: ['ghcr.io/a/b'] })).toEqual({
      'ghcr.io': { username: 'me', password: 'get for ghcr.io', serveraddress: 'ghcr.io' },
    });
    await writeFile(join(directory, 'config.json'), JSON.stringify({ credsStore: 'absent' }));
    expect(await loadAuths({ environment, images: ['ghcr.io/a/b'] })).toEqual({});
  });
});
