import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, type Client, type SessionOutput } from '../../src/client/index.ts';
import { protocolVersion as clientProtocol } from '../../src/client/server-link.ts';
import { routes } from '../../src/client/routes.ts';
import { greet } from '../../src/client/version.ts';
import { frames } from '../../src/client/session.ts';
import { api, protocolVersion, sessionFrames, type SessionRequest } from '../../src/contract/index.ts';
import { Redactor, systemClock } from '../../src/kit/index.ts';
import type { Instance } from '../../src/model/index.ts';
import type { Store } from '../../src/ports/index.ts';
import { serve, type RunningServer, type ServerDeps } from '../../src/server/index.ts';
import { openStore } from '../../src/store/index.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeEngine } from '../fakes/engine/engine.ts';
import { FakeIds } from '../fakes/ids.ts';
import { FakeRunner } from '../fakes/runner.ts';

const up = { requestId: 'q1', engine: { socket: '/x' }, request: { kind: 'restart' as const, app: 'shop' } };

describe('the API over its socket', () => {
  let directory: string;
  let store: Store;
  let runner: FakeRunner;
  let engine: FakeEngine;
  let server: RunningServer;
  let client: Client;
  let logged: Readonly<Record<string, unknown>>[];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'berth-api-'));
    const ids = new FakeIds();
    store = openStore({ path: ':memory:', clock: systemClock, ids });
    runner = new FakeRunner({ store, clock: systemClock, ids });
    engine = new FakeEngine({ clock: new FakeClock() });
    logged = [];
    const log = { info: () => undefined, error: (fields: Readonly<Record<string, unknown>>) => void logged.push(fields) };
    const identity = { pid: 42, version: '1.2.3', home: directory, installation: store.installation, startedAtMs: Date.now(), log: '/log' };
    const clock = { ...systemClock, now: () => engine.clock.now() };
    const deps: ServerDeps = {
      runner,
      store,
      engine: () => engine,
      engineInUse: () => '/var/run/a b.sock',
      clock,
      ids,
      identity,
      log,
      redactor: new Redactor(),
      onStop: () => undefined,
    };
    const socket = join(directory, 'server.sock');
    server = await serve(deps, socket);
    client = connect({ socket });
  });
  afterEach(async () => {
    client.close();
    await server.close();
    store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('has a client that knows every endpoint as the contract has it', () => {
    const shape = (all: object) =>
      Object.fromEntries(Object.entries(all).map(([name, { method, path, mode }]) => [name, { method, path, mode }]));
    expect(shape(routes)).toEqual(shape(api));
    expect([clientProtocol, frames]).toEqual([protocolVersion, sessionFrames]);
  });

  it('says at once who it is, and which engine the apps run on', async () => {
    expect(await greet(join(directory, 'server.sock'), 5000)).toEqual({
      version: '1.2.3',
      protocol: protocolVersion,
      pid: 42,
      stopping: false,
      engine: '/var/run/a b.sock',
    });
  });

  it('answers with data', async () => {
    store.putApp({ name: 'shop', directory: '/srv', createdAtMs: 1, replicas: {}, stoppedServices: [] });
    expect(await client.status({})).toMatchObject({
      pid: 42,
      version: '1.2.3',
      apps: ['shop'],
      activeRollouts: 0,
      engine: { name: 'docker' },
    });
    expect(await client.getApp({ app: 'shop' })).toEqual({ app: 'shop', directory: '/srv', services: [] });
    expect(await client.listVolumes({ app: 'shop' })).toEqual(['shop_data']);
    expect(await client.uninstall({ purge: true, volumes: false })).toEqual({ removed: ['shop'], kept: [] });
  });

  it('throws the errors of the domain as they are, and says of a bug where its trace is', async () => {
    await expect(client.getApp({ app: 'a/b c' })).rejects.toMatchObject({
      code: 'APP_NOT_FOUND',
      message: 'There is no app a/b c here.',
      hint: 'Look.',
    });
    await expect(client.getRollout({ id: 'nope' })).rejects.toMatchObject({ code: 'ROLLOUT_NOT_FOUND' });
    const bug = client.plan({ engine: { socket: '/x' }, request: { kind: 'restart', app: 'boom' } });
    await expect(bug).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('x is not a function'),
      hint: 'Its trace is in /log.',
    });
    expect(logged).toMatchObject([{ err: { message: 'x is not a function' } }]);
  });

  it('refuses what does not fit the contract', async () => {
    const wrong = { kind: 'sideways', app: 'shop' } as unknown as typeof up.request;
    await expect(client.plan({ ...up, request: wrong })).rejects.toMatchObject({ code: 'INVALID_REQUEST', exitCode: 2 });
    const status = (method: string, path: string, body?: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request({ socketPath: client.socket, method, path }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        sent.on('error', reject);
        sent.end(body);
      });
    expect(await status('POST', '/v1/plan', '{')).toBe(400);
    expect(await status('GET', '/v2/server')).toBe(404);
    expect(await status('GET', '/v1/events?follow=perhaps')).toBe(400);
  });

  it('starts one rollout for one request, and tells its events to its end', async () => {
    const rollout = await client.startRollout(up);
    expect(await client.startRollout(up)).toMatchObject({ id: rollout.id });
    const types: string[] = [];
    for await (const { event } of client.followRollout({ id: rollout.id })) types.push(event.type);
    expect(types).toEqual(['notice', 'notice', 'notice', 'notice', 'notice', 'rollout.ended']);
    const rest = await Array.fromAsync(client.followRollout({ id: rollout.id, after: 5 }));
    expect(rest.map((record) => record.seq)).toEqual([6]);
    expect(await client.getRollout({ id: rollout.id })).toMatchObject({ state: 'done' });
    expect(runner.listeners).toBe(0);
  });

  it('ends following a rollout that ended without its last event', async () => {
    const { rollout } = store.createRollout({ id: 'r9', requestId: 'q9', app: 'shop', kind: 'up', createdAtMs: 1, input: {} });
    store.updateRollout(rollout.id, { state: 'failed', endedAtMs: 2 });
    expect(await Array.fromAsync(client.followRollout({ id: 'r9' }))).toEqual([]);
  });

  it('tells the history, its last part, and what happens next', async () => {
    const note = (message: string) => ({ type: 'notice' as const, level: 'info' as const, message });
    for (let n = 1; n <= 450; n += 1) runner.emit('r1', n % 2 === 0 ? 'even' : 'odd', note(String(n)));
    const seqs = async (input: Parameters<Client['events']>[0]) =>
      (await Array.fromAsync(client.events(input))).map((record) => record.seq);
    expect(await seqs({})).toHaveLength(450);
    expect(await seqs({ last: 2 })).toEqual([449, 450]);
    expect(await seqs({ app: 'even', after: 444 })).toEqual([446, 448, 450]);

    const stop = new AbortController();
    const seen: number[] = [];
    const following = (async () => {
      for await (const { seq } of client.events({ app: 'odd', last: 1, follow: true }, stop.signal)) {
        seen.push(seq);
        if (seq === 449) for (const app of ['odd', 'even', 'odd']) runner.emit('r1', app, note('later'));
        if (seq === 453) stop.abort(new Error('enough'));
      }
    })();
    await expect(following).rejects.toThrow('enough');
    expect(seen).toEqual([449, 451, 453]);
  });

  it('tells its followers when it stops, and takes nothing new', async () => {
    const following = Array.fromAsync(client.events({ follow: true, last: 1 }));
    await client.status({});
    const closed = server.close();
    await expect(client.startRollout(up)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    await expect(following).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    await closed;
    await expect(client.status({})).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });

  describe('with containers', () => {
    const body = { Image: 'busybox', Labels: { 'dev.berth.app': 'shop' }, HostConfig: {} };
    const ask: SessionRequest = { service: 'web', command: ['sh'], tty: false, stdin: true, environment: {} };

    /** Starts one more instance of the app. */
    async function instance(name: string, behaviour: Parameters<FakeEngine['addImage']>[1]): Promise<string> {
      engine.addImage('busybox', behaviour);
      const containerId = await engine.createContainer(name, body);
      const rest = { config: '', rolloutId: '', state: 'running', health: 'none', restarts: 0, failed: false, imageId: '' } as const;
      const made: Instance = { name, containerId, app: 'shop', service: name.slice(0, -2), release: 3, ...rest };
      runner.instancesOf.set('shop', [made, ...(runner.instancesOf.get('shop') ?? [])]);
      await engine.startContainer(containerId);
      return containerId;
    }

    async function collect(output: AsyncIterable<SessionOutput>): Promise<string[]> {
      return (await Array.fromAsync(output)).map(({ stream, data }) => `${stream}: ${Buffer.from(data).toString()}`);
    }

    it('runs a command in an instance: input, both outputs, exit code', async () => {
      const exec = () => ({ stdout: 'out', stderr: 'err', exitCode: 7 });
      await instance('web-1', { behaviour: { exec } });
      const session = await client.openSession({ kind: 'exec', app: 'shop', request: { ...ask, stdin: false } });
      expect(await collect(session.output)).toEqual(['stdout: out', 'stderr: err']);
      expect(session.exitCode()).toBe(7);
    });

    it('carries a megabyte there and back', async () => {
      await instance('web-1', { behaviour: { echoes: true } });
      const session = await client.openSession({ kind: 'exec', app: 'shop', request: ask });
      const sent = Buffer.alloc(1024 * 1024, 'berth');
      for (let at = 0; at < sent.length; at += 65_536) await session.write(sent.subarray(at, at + 65_536));
      session.resize({ rows: 10, columns: 20 });
      session.end();
      const got = (await Array.fromAsync(session.output)).map(({ data }) => data);
      expect(Buffer.concat(got).equals(sent)).toBe(true);
      expect(session.exitCode()).toBe(0);
    });

    it('runs a one-off container and removes it', async () => {
      engine.addImage('busybox', { behaviour: { echoes: true } });
      await engine.createContainer('shop-run', body);
      runner.prepareOneOff('shop-run');
      const session = await client.openSession({ kind: 'run', app: 'shop', request: ask });
      await session.write(Buffer.from('hello\n'));
      const iterator = session.output[Symbol.asyncIterator]();
      expect(Buffer.from((await iterator.next()).value?.data ?? []).toString()).toBe('hello\n');
      session.end();
      expect((await iterator.next()).done).toBe(true);
      expect(session.exitCode()).toBe(0);
      expect(runner.cleaned).toEqual(['shop-run']);
    });

    it('stops and removes a one-off container whose user hung up', async () => {
      engine.addImage('busybox', {});
      const id = await engine.createContainer('shop-run', body);
      runner.prepareOneOff('shop-run');
      const session = await client.openSession({ kind: 'run', app: 'shop', request: ask });
      await expect.poll(async () => (await engine.inspectContainer(id))?.state).toBe('running');
      session.close();
      const ended = async () => {
        await engine.clock.advance(1000);
        return [runner.cleaned, (await engine.inspectContainer(id))?.state];
      };
      await expect.poll(ended).toEqual([['shop-run'], 'exited']);
    });

    it('says of a command that is not in the image what shells say, and removes what was made for it', async () => {
      await instance('web-1', {
        behaviour: { exec: () => ({ stdout: 'the words of the engine', exitCode: 126, refusal: 'not-executable' }) },
      });
      const exec = await client.openSession({ kind: 'exec', app: 'shop', request: { ...ask, command: ['/etc'] } });
      await expect(collect(exec.output)).rejects.toMatchObject({
        code: 'COMMAND_NOT_EXECUTABLE',
        message: "/etc in web's image cannot be executed.",
        exitCode: 126,
        details: { lines: ['the words of the engine'] },
      });
      engine.addImage('busybox', { behaviour: { startError: 'no such file' } });
      await engine.createContainer('shop-run', body);
      runner.prepareOneOff('shop-run');
      const run = await client.openSession({ kind: 'run', app: 'shop', request: { ...ask, command: ['nosuch'] } });
      await expect(collect(run.output)).rejects.toMatchObject({
        code: 'COMMAND_NOT_FOUND',
        message: "nosuch was not found in web's image.",
        exitCode: 127,
      });
      expect(runner.cleaned).toEqual(['shop-run']);
    });

    it('says why a session cannot be', async () => {
      const session = await client.openSession({ kind: 'exec', app: 'nowhere', request: ask });
      await expect(collect(session.output)).rejects.toMatchObject({ code: 'APP_NOT_FOUND' });
    });

    it('has the log of the last run of a job among those of the instances', async () => {
      await instance('job-1', { behaviour: { exit: { afterMs: 1, code: 0 }, logs: [{ text: 'migrated' }] } });
      const jobs = runner.instancesOf.get('shop') ?? [];
      runner.instancesOf.set('shop', []);
      runner.jobsOf.set('shop', jobs);
      await engine.clock.advance(10);
      expect((await Array.fromAsync(client.logs({ app: 'shop', services: 'job' }))).map(({ text }) => text)).toEqual(['migrated']);
      expect(await Array.fromAsync(client.logs({ app: 'shop', services: 'web' }))).toEqual([]);
    });

    it('merges the logs of instances by time, and follows those that start later', async () => {
      const lines = (...texts: string[]) => ({ behaviour: { logs: texts.map((text) => ({ text })) } });
      await instance('web-1', lines('a1'));
      await engine.clock.advance(10);
      await instance('web-2', lines('b1', 'b2'));
      const told = await Array.fromAsync(client.logs({ app: 'shop' }));
      expect(told.map(({ instance: name, text, release }) => [name, text, release])).toEqual([
        ['web-1', 'a1', 3],
        ['web-2', 'b1', 3],
        ['web-2', 'b2', 3],
      ]);
      expect((await Array.fromAsync(client.logs({ app: 'shop', services: 'db' }))).length).toBe(0);
      expect((await Array.fromAsync(client.logs({ app: 'shop', tail: 1 }))).map(({ text }) => text)).toEqual(['a1', 'b2']);

      const seen: string[] = [];
      for await (const { text } of client.logs({ app: 'shop', follow: true, tail: 1 })) {
        seen.push(text);
        if (text === 'b2') await instance('web-3', lines('c1'));
        if (text === 'c1') break;
      }
      expect(seen).toEqual(['a1', 'b2', 'c1']);
    });
  });
});
