import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findEngine } from './find.ts';

let home = '';
const servers: http.Server[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-find-'));
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((s) => new Promise((resolve) => s.close(resolve))));
  await rm(home, { recursive: true });
});

/** An engine that only says what it is. */
async function engineAt(name: string, more: { platform?: string; options?: string[]; os?: string } = {}): Promise<string> {
  const socket = join(home, name);
  const server = http.createServer((request, response) => {
    response.setHeader('Api-Version', '1.47');
    if (request.url === '/_ping') response.end('OK');
    else if (request.url?.endsWith('/version') === true)
      response.end(JSON.stringify({ Os: more.os ?? 'linux', Platform: { Name: more.platform } }));
    else response.end(JSON.stringify({ SecurityOptions: more.options ?? [] }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  return socket;
}

async function context(name: string, host: string): Promise<void> {
  const directory = join(home, '.docker/contexts/meta', createHash('sha256').update(name).digest('hex'));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));
  await writeFile(join(home, '.docker/config.json'), JSON.stringify({ currentContext: name }));
}

const find = (environment: Record<string, string> = {}, sockets: string[] = []) =>
  findEngine({ environment: { HOME: home, ...environment }, sockets });

describe('findEngine', () => {
  it('takes DOCKER_HOST before the context, and the context before the usual sockets', async () => {
    const [a, b, c] = [await engineAt('a.sock'), await engineAt('b.sock'), await engineAt('c.sock')];
    expect(await find({}, [join(home, 'absent.sock'), c])).toEqual({ socket: c, from: c });
    await context('mine', `unix://${b}`);
    expect(await find({}, [c])).toEqual({ socket: b, from: 'Docker context mine' });
    expect(await find({ DOCKER_HOST: `unix://${a}` }, [c])).toEqual({ socket: a, from: 'DOCKER_HOST' });
    expect(await find({ DOCKER_CONTEXT: 'default' }, [c])).toEqual({ socket: c, from: c });
  });

  it('does not ask an engine that is in use what it is, and asks another one that is named', async () => {
    const [a, c] = [await engineAt('a.sock'), join(home, 'asleep.sock')];
    const found = (environment: Record<string, string>, sockets: string[], known: string) =>
      findEngine({ environment: { HOME: home, ...environment }, sockets, known });
    expect(await found({}, [a, c], c)).toEqual({ socket: c, from: c });
    expect(await found({ DOCKER_HOST: `unix://${c}` }, [a], c)).toEqual({ socket: c, from: 'DOCKER_HOST' });
    expect(await found({ DOCKER_HOST: `unix://${a}` }, [c], c)).toEqual({ socket: a, from: 'DOCKER_HOST' });
    expect(await found({}, [a], c)).toEqual({ socket: a, from: a });
    await expect(found({ DOCKER_HOST: `unix://${c}` }, [], a)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });

  it.each([
    ['ssh://me@host', 'an engine on another machine'],
    ['tcp://127.0.0.1:2375', 'an engine over the network'],
    ['http://127.0.0.1:2375', 'an engine over the network'],
    ['npipe:////./pipe/docker_engine', 'an engine on Windows'],
  ])('says that %s is not supported', async (host, kind) => {
    await expect(find({ DOCKER_HOST: host })).rejects.toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
      exitCode: 2,
      message: `Could not use DOCKER_HOST (${host}): ${kind} is not supported yet; berth needs a local Unix socket.`,
    });
  });

  it.each([
    ['a rootless engine', { options: ['name=seccomp,profile=default', 'name=rootless'] }],
    ['Docker Desktop', { platform: 'Docker Desktop 4.30 (1)' }],
    ['an engine for windows', { os: 'windows' }],
  ])('says that %s is not supported', async (kind, more) => {
    const socket = await engineAt('x.sock', more);
    const refusal = { code: 'ENGINE_UNSUPPORTED', message: `Could not use DOCKER_HOST (${socket}): ${kind} is not supported yet.` };
    await expect(find({ DOCKER_HOST: `unix://${socket}` })).rejects.toMatchObject(refusal);
    await expect(find({}, [socket])).rejects.toMatchObject({ code: 'ENGINE_UNSUPPORTED' });
  });

  it('says that none answers, and does not look further when one was named', async () => {
    const there = await engineAt('there.sock');
    const absent = join(home, 'absent.sock');
    await expect(find({}, [absent])).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', exitCode: 5, hint: /apt-get install docker.io/ });
    await expect(find({ DOCKER_HOST: `unix://${absent}` }, [there])).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    await expect(find({ DOCKER_CONTEXT: 'gone' }, [there])).rejects.toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
      message: /Docker context gone/,
    });
  });

  it('says which configuration cannot be read', async () => {
    await mkdir(join(home, '.docker'));
    await writeFile(join(home, '.docker/config.json'), '{');
    await expect(find({}, [])).rejects.toMatchObject({ code: 'FILE_INVALID', where: { file: join(home, '.docker/config.json') } });
  });
});
