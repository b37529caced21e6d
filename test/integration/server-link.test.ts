import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateHome, ServerLink, type ServerLinkInput } from '../../src/client/index.ts';
import { systemClock } from '../../src/kit/index.ts';

const program = join(import.meta.dirname, '..', 'fakes', 'server-program.ts');
const uid = process.getuid?.() ?? 0;

describe('the server of a home', () => {
  let home: string;
  const links: ServerLink[] = [];

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'berth-link-'));
  });
  afterEach(async () => {
    await links[0]?.stop();
    for (const each of links.splice(0)) each.close();
    rmSync(home, { recursive: true, force: true });
  });

  function link(input: { version?: string; steps?: number; delayMs?: number; home?: string } = {}): ServerLink {
    const { version = '0.1.0', steps = 5, delayMs = 0 } = input;
    const made = new ServerLink({
      environment: { PATH: process.env['PATH'], BERTH_HOME: input.home ?? home, SECRET_OF_THE_SHELL: 'x' },
      workingDirectory: '/',
      uid,
      command: [process.execPath, program, version, String(steps), String(delayMs)],
      version,
      clock: systemClock,
    } satisfies ServerLinkInput);
    links.push(made);
    return made;
  }

  const pidOf = async (each: ServerLink) => (await each.existing())?.greeting.pid;

  it('is started once by five commands at the same time', async () => {
    const five = Array.from({ length: 5 }, (_, n) => link({ delayMs: n * 10 }));
    const pids = await Promise.all(five.map(async (each) => (await (await each.ensure()).status({})).pid));
    expect(new Set(pids).size).toBe(1);
    expect(readFileSync(five[0]?.home.log ?? '', 'utf8').match(/"msg":"started"/g)).toHaveLength(1);
  });

  it('runs on its own: in /, with a small environment, behind a private socket', async () => {
    const one = link();
    const { pid } = await (await one.ensure()).status({});
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean).toSorted()).toEqual(
      [`BERTH_HOME=${home}`, 'BERTH_READY_FD=3', `PATH=${process.env['PATH']}`].toSorted(),
    );
    // A process group and session of its own: Ctrl-C in the terminal does not reach it.
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[5]).toBe(String(pid));
    expect([statSync(one.home.socket).mode & 0o777, statSync(home).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(readdirSync(home).toSorted()).toEqual([
      'berth.db',
      'berth.db-wal',
      'berth.db.reserve',
      'server.log',
      'server.out',
      'server.sock',
    ]);
  });

  it('is stopped, leaves no socket, and is started again', async () => {
    const one = link();
    await one.ensure();
    const first = await pidOf(one);
    expect(await one.stop()).toBe(true);
    expect(await one.existing()).toBeUndefined();
    expect(await one.stop()).toBe(false);
    expect(readdirSync(home)).not.toContain('server.sock');
    await one.ensure();
    expect(await pidOf(one)).not.toBe(first);
  });

  it('is followed across its death: the next one resumes the rollout, and no event is missed or told twice', async () => {
    const one = link({ steps: 40 });
    const client = await one.ensure();
    const rollout = await client.startRollout({ requestId: 'a', engine: { socket: '/x' }, request: { kind: 'restart', app: 'shop' } });
    const seen: string[] = [];
    const seqs: number[] = [];
    let kills = 0;
    for await (const { seq, event } of one.followRollout({ id: rollout.id })) {
      seqs.push(seq);
      seen.push(event.type === 'notice' ? event.message : event.type);
      if (event.type !== 'notice' || !['step 5', 'step 20'].includes(event.message)) continue;
      process.kill((await pidOf(one)) ?? Number.NaN, 'SIGKILL');
      kills += 1;
    }
    expect(kills).toBe(2);
    expect(seen.filter((text) => text.startsWith('step'))).toEqual(Array.from({ length: 40 }, (_, n) => `step ${n + 1}`));
    expect(seen.filter((text) => text === 'rollout.resumed')).toHaveLength(2);
    expect(seen.at(-1)).toBe('rollout.ended');
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  });

  it('is ready only while it runs, in this version', async () => {
    const one = link();
    expect(await one.ready()).toBeUndefined();
    await one.ensure();
    expect((await (await one.ready())?.client.status({}))?.pid).toBe(await pidOf(one));
    expect(await link({ version: '0.2.0' }).ready()).toBeUndefined();
    await expect(link({ version: '0.0.9' }).ready()).rejects.toMatchObject({ code: 'SERVER_VERSION' });
  });

  it('is replaced when older, between two steps, and its rollout goes on', async () => {
    const old = link({ version: '0.1.0', steps: 30 });
    const rollout = await (
      await old.ensure()
    ).startRollout({ requestId: 'a', engine: { socket: '/x' }, request: { kind: 'stop', app: 'shop' } });
    const newer = link({ version: '0.2.0', steps: 30 });
    const client = await newer.ensure();
    expect((await client.status({})).version).toBe('0.2.0');
    const types = [];
    for await (const { event } of newer.followRollout({ id: rollout.id })) types.push(event.type);
    expect(types.filter((type) => type !== 'notice')).toEqual(['rollout.resumed', 'rollout.ended']);
    await expect(old.ensure()).rejects.toMatchObject({ code: 'SERVER_VERSION', exitCode: 5 });
  });

  it('is followed by an older berth when a newer one replaced it in the middle', async () => {
    const old = link({ version: '0.1.0', steps: 40 });
    const rollout = await (
      await old.ensure()
    ).startRollout({ requestId: 'a', engine: { socket: '/x' }, request: { kind: 'stop', app: 'shop' } });
    const newer = link({ version: '0.2.0', steps: 40 });
    const types: string[] = [];
    for await (const { event } of old.followRollout({ id: rollout.id })) {
      types.push(event.type);
      if (event.type === 'notice' && event.message === 'step 5') await newer.ensure();
    }
    expect(types.filter((type) => type !== 'notice')).toEqual(['rollout.resumed', 'rollout.ended']);
    expect((await newer.existing())?.greeting.version).toBe('0.2.0');
  });

  it('says why it could not start', async () => {
    writeFileSync(join(home, 'berth.db'), 'no database'.repeat(1000));
    await expect(link().ensure()).rejects.toMatchObject({ code: 'DATABASE_DAMAGED' });
    const broken = new ServerLink({
      environment: { BERTH_HOME: home },
      workingDirectory: '/',
      uid,
      command: [process.execPath, '-e', 'throw new Error("no luck")'],
      version: '1.0.0',
      clock: systemClock,
    });
    await expect(broken.ensure()).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      details: { lines: expect.arrayContaining(['Error: no luck']) },
    });
  });

  it('puts the socket of a long home elsewhere, and is found there from another environment', async () => {
    const deep = join(home, 'x'.repeat(120));
    const one = link({ home: deep });
    const { pid } = await (await one.ensure()).status({});
    expect(one.home.socket.startsWith(deep)).toBe(false);
    const other = locateHome({ environment: { BERTH_HOME: deep, XDG_RUNTIME_DIR: '/run/other' }, workingDirectory: '/', uid });
    expect(other.socket).toBe(one.home.socket);
    expect(await pidOf(link({ home: deep }))).toBe(pid);
    await one.stop();
    rmSync(dirname(one.home.socket), { recursive: true });
  });
});
