import { afterAll, beforeAll, describe, expect } from 'vitest';
import { imageContract, networkContract, volumeContract } from './engine-objects.ts';
import { sessionContract, streamContract } from './engine-streams.ts';
import { ContractKit, refused, type EngineUnderTest } from './kit.ts';

type Make = () => Promise<EngineUnderTest>;

/** What every engine must do for berth. Run against the real one and against the fake. */
export function engineContract(name: string, make: Make): void {
  describe(`engine contract: ${name}`, () => {
    const kit = new ContractKit();
    beforeAll(async () => kit.open(await make()), 60_000);
    afterAll(() => kit.close(), 60_000);
    containerContract(kit);
    endingContract(kit);
    streamContract(kit);
    sessionContract(kit);
    networkContract(kit);
    volumeContract(kit);
    imageContract(kit);
  });
}

function containerContract(kit: ContractKit): void {
  kit.test('says what it is', async () => {
    await kit.engine.ping();
    const info = await kit.engine.info();
    expect(info).toMatchObject({ os: 'linux', rootless: false });
    expect(Number(info.apiVersion.split('.')[1])).toBeGreaterThanOrEqual(41);
  });

  kit.test('creates, starts, stops and removes a container, each of it also twice', async () => {
    const { engine } = kit;
    const name = kit.name('life');
    const id = await engine.createContainer(name, kit.body('serves', { HostConfig: { RestartPolicy: { Name: 'always' } } }));
    expect(await engine.inspectContainer(name)).toMatchObject({
      id,
      name,
      state: 'created',
      pid: 0,
      health: 'none',
      startedAtMs: undefined,
      restartPolicy: { name: 'always' },
    });
    expect(await engine.listContainers({ labels: kit.labels })).toEqual([]);
    expect(await engine.listContainers({ labels: kit.labels, all: true })).toMatchObject([{ id, name, state: 'created' }]);
    await engine.startContainer(id);
    await engine.startContainer(name);
    const running = await kit.need(id);
    expect(running).toMatchObject({ state: 'running', restartCount: 0, oomKilled: false });
    expect(running.labels).toMatchObject(kit.labels);
    expect(running.pid).toBeGreaterThan(0);
    expect(running.startedAtMs).toBeGreaterThan(0);
    expect(await engine.listContainers({ labels: kit.labels })).toMatchObject([{ id, state: 'running' }]);
    expect(await engine.listContainers({ labels: { ...kit.labels, other: 'x' }, all: true })).toEqual([]);
    await kit.until('it listens', () => kit.printed(id, 'listening'));
    await engine.stopContainer(id, { graceMs: 5000 });
    await engine.stopContainer(id, { graceMs: 5000 });
    expect(await kit.need(id)).toMatchObject({ state: 'exited', exitCode: 0, pid: 0 });
    await engine.removeContainer(id, { volumes: true });
    await engine.removeContainer(id, { volumes: true });
    expect(await engine.inspectContainer(id)).toBeUndefined();
    await engine.stopContainer(id, { graceMs: 1000 });
  });

  kit.test('refuses a name that is taken, an image that is not there, and acting on what is not there', async () => {
    const { engine } = kit;
    const id = await engine.createContainer(kit.name('taken'), kit.body('serves'));
    await expect(engine.createContainer(kit.name('taken'), kit.body('serves'))).rejects.toMatchObject(refused('ENGINE_CONFLICT'));
    const other = await engine.createContainer(kit.name('other'), kit.body('serves'));
    await expect(engine.renameContainer(other, kit.name('taken'))).rejects.toMatchObject(refused('ENGINE_CONFLICT'));
    await engine.renameContainer(other, kit.name('renamed'));
    expect((await kit.need(other)).name).toBe(kit.name('renamed'));
    const noImage = { ...kit.body('serves'), Image: 'berth-contract-no-such-image:1' };
    await expect(engine.createContainer(kit.name('none'), noImage)).rejects.toMatchObject(refused('IMAGE_NOT_FOUND'));
    const absent = expect.objectContaining({ code: 'ENGINE_REFUSED', details: expect.objectContaining({ status: 404 }) });
    await expect(engine.startContainer(kit.name('absent'))).rejects.toEqual(absent);
    await expect(engine.waitContainer(kit.name('absent'))).rejects.toEqual(absent);
    await expect(engine.killContainer(id, 'SIGTERM')).rejects.toMatchObject(refused('ENGINE_CONFLICT'));
    expect(await engine.inspectContainer(id.slice(0, 6))).toBeUndefined();
    await Promise.all([id, other].map((each) => kit.remove(each)));
  });

  kit.test('refuses to start what cannot be started, and says why', async () => {
    const id = await kit.engine.createContainer(kit.name('bad'), kit.body('cannotStart'));
    await expect(kit.engine.startContainer(id)).rejects.toMatchObject({ ...refused('ENGINE_REFUSED'), message: /no such file/ });
    const details = await kit.need(id);
    expect(details).toMatchObject({ state: 'created', exitCode: 127 });
    expect(details.error).toMatch(/no such file/);
    await kit.remove(id);
  });
}

function endingContract(kit: ContractKit): void {
  kit.test('kills what ignores the stop signal, after the grace', async () => {
    const id = await kit.start('stubborn', 'ignoresStop');
    await kit.engine.stopContainer(id, { graceMs: 1000 });
    expect(await kit.need(id)).toMatchObject({ state: 'exited', exitCode: 137, oomKilled: false });
    await kit.remove(id);
  });

  kit.test('stops with another signal than the image has', async () => {
    const id = await kit.start('signal', 'serves');
    await kit.until('it listens', () => kit.printed(id, 'listening'));
    await kit.engine.stopContainer(id, { graceMs: 5000, signal: 'SIGTERM' });
    expect(await kit.need(id)).toMatchObject({ state: 'exited', exitCode: 0 });
    await kit.remove(id);
  });

  kit.test('waits for the exit code, also of what has stopped', async () => {
    const id = await kit.start('fails', 'fails');
    expect(await kit.engine.waitContainer(id)).toBe(7);
    expect(await kit.engine.waitContainer(id)).toBe(7);
    expect(await kit.need(id)).toMatchObject({ state: 'exited', exitCode: 7 });
    await kit.remove(id);
  });

  kit.test('restarts what crashes by its policy, until the policy is taken away', async () => {
    const id = await kit.start('crash', 'crashesAfterAWhile', { HostConfig: { RestartPolicy: { Name: 'unless-stopped' } } });
    await kit.until('restarted', async () => (await kit.need(id)).restartCount > 0);
    await kit.engine.setRestartPolicy(id, { name: 'no' });
    await kit.until('stays down', async () => (await kit.need(id)).state === 'exited');
    expect(await kit.need(id)).toMatchObject({ exitCode: 1, restartPolicy: { name: 'no' } });
    await kit.remove(id);
  });

  kit.test('does not restart what was killed', async () => {
    const id = await kit.start('killed', 'ignoresStop', { HostConfig: { RestartPolicy: { Name: 'always' } } });
    await kit.engine.killContainer(id, 'SIGKILL');
    await kit.until('is down', async () => (await kit.need(id)).state === 'exited');
    await kit.world.sleep(500);
    expect(await kit.need(id)).toMatchObject({ state: 'exited', exitCode: 137, restartCount: 0 });
    await kit.remove(id);
  });

  kit.test('runs a health check', async () => {
    const second = 1_000_000_000;
    const Healthcheck = { Test: ['CMD', 'ls', '/'], Interval: second, Timeout: second, Retries: 1 };
    const id = await kit.start('health', 'serves', { Healthcheck });
    await kit.until('healthy', async () => (await kit.need(id)).health === 'healthy');
    expect((await kit.need(id)).healthLog.at(-1)).toMatchObject({ exitCode: 0 });
    await kit.remove(id);
  });
}
