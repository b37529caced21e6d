import { mkdtemp, rm } from 'node:fs/promises';
import * as http from 'node:http';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectEngine, type ConnectedEngine } from './connect.ts';
import { EngineHttp } from './http.ts';

type Handle = (request: http.IncomingMessage, response: http.ServerResponse) => void;

let directory = '';
let socket = '';
let server: http.Server;
let engine: ConnectedEngine;
let handle: Handle = (_, response) => void response.end();
let apiVersion = '1.47';
const connections = new Set<Duplex>();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-docker-'));
  socket = join(directory, 'engine.sock');
  apiVersion = '1.47';
  server = await listen();
  engine = connectEngine({ socket, clock: Date });
});

afterEach(async () => {
  engine.close();
  await stop();
  await rm(directory, { recursive: true });
});

async function listen(): Promise<http.Server> {
  const created = http.createServer((request, response) => {
    if (request.url !== '/_ping') return handle(request, response);
    response.writeHead(200, { 'Api-Version': apiVersion }).end('OK');
  });
  created.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  await new Promise<void>((resolve) => {
    created.listen(socket, resolve);
  });
  return created;
}

async function stop(): Promise<void> {
  for (const connection of connections) connection.destroy();
  await new Promise((resolve) => server.close(resolve));
}

const json = (response: http.ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
};
const list = (signal?: AbortSignal) => engine.listContainers({ labels: {} }, signal);

describe('the engine client', () => {
  it.each([
    ['1.41', '/v1.41/'],
    ['1.47', '/v1.47/'],
    ['1.60', '/v1.51/'],
  ])('agrees with an engine of API %s on %s', async (offered, prefix) => {
    apiVersion = offered;
    const seen: string[] = [];
    handle = (request, response) => {
      seen.push(request.url ?? '');
      json(response, 200, []);
    };
    await list();
    expect(seen).toEqual([`${prefix}containers/json?all=false&filters=%7B%7D`]);
  });

  it('refuses an engine that is too old', async () => {
    apiVersion = '1.40';
    await expect(list()).rejects.toMatchObject({ code: 'ENGINE_UNSUPPORTED' });
  });

  it.each([
    [400, 'ENGINE_REFUSED'],
    [409, 'ENGINE_CONFLICT'],
    [500, 'ENGINE_REFUSED'],
  ])('turns a %i into %s and carries the engine’s words', async (status, code) => {
    handle = (_, response) => json(response, status, { message: 'as it is\n' });
    await expect(engine.startContainer('web-1')).rejects.toMatchObject({
      code,
      message: 'Could not start container web-1: as it is',
      details: { status, engineMessage: 'as it is' },
    });
  });

  it('takes 304 for done and 404 for absent', async () => {
    handle = (_, response) => void response.writeHead(304).end();
    await engine.startContainer('web-1');
    handle = (_, response) => json(response, 404, { message: 'no' });
    expect(await engine.inspectContainer('web-1')).toBeUndefined();
    expect(await engine.inspectImage('web:1')).toBeUndefined();
  });

  it('says that nobody answers, and recovers when somebody does', async () => {
    handle = (_, response) => json(response, 200, []);
    await stop();
    await expect(list()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', retryable: true, details: { errno: 'ENOENT' } });
    server = await listen();
    expect(await list()).toEqual([]);
  });

  it('looks again on a new connection when the kept one was closed, but does not repeat a change', async () => {
    const urls: string[] = [];
    handle = (request, response) => {
      urls.push(`${request.method} ${request.url?.split('?')[0]}`);
      if (urls.length === 2) response.socket?.destroy();
      else json(response, 200, []);
    };
    await list();
    expect(await list()).toEqual([]);
    expect(urls).toHaveLength(3);
    handle = (request, response) => {
      urls.push(`${request.method}`);
      response.socket?.destroy();
    };
    await expect(engine.startContainer('x')).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    expect(urls.slice(3)).toEqual(['POST']);
  });

  it('gives up when no answer comes in time, whether its head or its rest is missing', async () => {
    const client = new EngineHttp(socket);
    const call = { method: 'GET', path: '/slow', doing: 'look', timeoutMs: 50 } as const;
    const timeout = { code: 'ENGINE_TIMEOUT', message: 'Could not look: the engine did not answer in 50 ms.' };
    handle = () => undefined;
    await expect(client.send(call)).rejects.toMatchObject(timeout);
    const dripping: NodeJS.Timeout[] = [];
    handle = (_, response) => {
      response.writeHead(200);
      dripping.push(setInterval(() => response.write(' '), 10));
    };
    await expect(client.send(call)).rejects.toMatchObject(timeout);
    for (const timer of dripping) clearInterval(timer);
    client.close();
  });

  it('rejects with the reason of the signal, at any time', async () => {
    const reason = new Error('enough');
    await expect(list(AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    handle = (_, response) => {
      response.writeHead(200).write('[');
      controller.abort(reason);
    };
    await expect(list(controller.signal)).rejects.toBe(reason);
  });

  it('sends labels and names as values, whatever is in them', async () => {
    let url = '';
    handle = (request, response) => {
      url = request.url ?? '';
      json(response, 404, { message: 'none' });
    };
    await engine.inspectContainer('a?b#c/d');
    expect(url).toBe('/v1.47/containers/a%3Fb%23c/d/json');
    handle = (request, response) => {
      url = request.url ?? '';
      json(response, 200, []);
    };
    await engine.listContainers({ labels: { a: 'x&y="z"' } });
    const filters = new URL(url, 'http://x').searchParams.get('filters') ?? '';
    expect(JSON.parse(filters)).toEqual({ label: ['a=x&y="z"'] });
  });
});

describe('streams of the engine client', () => {
  it('fails a pull whose error comes inside of a good answer', async () => {
    handle = (request, response) => {
      if (request.url?.includes('/distribution/') === true) return json(response, 404, { message: 'x' });
      response.write('{"status":"Pulling","id":"1"}\n');
      response.end('{"errorDetail":{"message":"no match for platform"},"error":"no match for platform"}\n');
    };
    await expect(engine.pullImage({ reference: 'web:1' }, () => undefined)).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      details: { engineMessage: 'no match for platform' },
    });
  });

  it('keeps a pull’s ENGINE_UNREACHABLE apart from a registry’s', async () => {
    handle = (_, response) => {
      response.write('{"status":"Pulling"}\n', () => response.destroy());
    };
    await expect(engine.pullImage({ reference: 'web:1' }, () => undefined)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });

  it('throws when the engine ends the events, and ends quietly when the signal does', async () => {
    handle = (_, response) => void response.end('{"Type":"container","Action":"start","timeNano":1700000000123000000}\n');
    const iterator = engine.watchEvents({}, new AbortController().signal)[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: { action: 'start', atMs: 1_700_000_000_123 } });
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });

    const controller = new AbortController();
    handle = (_, response) => {
      response.writeHead(200);
      response.write('{"Action":"start"}\n');
    };
    for await (const _ of engine.watchEvents({}, controller.signal)) controller.abort();
    expect(controller.signal.aborted).toBe(true);
  });

  it.each([
    ['101', 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'],
    ['200', 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n'],
  ])('talks both ways after a %s, whose first bytes come with the head', async (_, head) => {
    const framed = (text: string): Buffer => {
      const start = Buffer.alloc(8);
      start[0] = 1;
      start.writeUInt32BE(text.length, 4);
      return Buffer.concat([start, Buffer.from(text)]);
    };
    server.on('upgrade', (_request, connection: Duplex) => {
      connection.write(Buffer.concat([Buffer.from(head), framed('hello ')]));
      connection.on('data', (data: Buffer) => connection.end(framed(data.toString().toUpperCase())));
    });
    const session = await engine.attachContainer('web-1', { tty: false, stdin: true });
    await session.write(Buffer.from('you'));
    const parts = await Array.fromAsync(session.output);
    expect(parts.map((p) => Buffer.from(p.data).toString()).join('')).toBe('hello YOU');
  });
});
