import { describe, expect, it } from 'vitest';
import { FakeClock } from '../fakes/clock.ts';
import { FakeEngine, type Behaviour } from '../fakes/engine/engine.ts';
import { FakeHost, FakeProber } from '../fakes/host.ts';

function world(behaviour: Behaviour, seed = 1) {
  const clock = new FakeClock();
  const engine = new FakeEngine({ clock, seed });
  engine.addImage('app:1', { behaviour });
  return { clock, engine, prober: new FakeProber(engine, clock), host: new FakeHost(engine, clock) };
}

const subnet = '10.9.1.0/24';
const body = (address?: string) => ({
  Image: 'app:1',
  Labels: { app: 'shop' },
  HostConfig: { RestartPolicy: { Name: 'unless-stopped' } },
  NetworkingConfig: { EndpointsConfig: { net: address === undefined ? {} : { IPAMConfig: { IPv4Address: address } } } },
});

async function started(w: ReturnType<typeof world>, name = 'web-1', address = '10.9.1.10'): Promise<string> {
  if ((await w.engine.inspectNetwork('net')) === undefined) {
    await w.engine.createNetwork({ Name: 'net', Labels: {}, IPAM: { Config: [{ Subnet: subnet }] } });
  }
  const id = await w.engine.createContainer(name, body(address));
  await w.engine.startContainer(id);
  return id;
}

describe('FakeEngine', () => {
  it('runs an application that becomes ready, answers a probe and stops', async () => {
    const w = world({ listens: [{ port: 3000 }], readyAfterMs: 2000, stopTakesMs: 500 });
    await w.clock.run(
      (async () => {
        const id = await started(w);
        const ask = () => w.prober.http({ address: '10.9.1.10', port: 3000, path: '/', timeoutMs: 1000 });
        expect((await ask()).outcome).toBe('connection refused');
        await w.clock.sleep(2000);
        expect(await ask()).toEqual({ ok: true, status: 200, outcome: '200', tookMs: 0 });
        const pid = (await w.engine.inspectContainer(id))?.pid ?? 0;
        expect(await w.host.listeners(pid)).toEqual([{ address: '0.0.0.0', port: 3000 }]);
        const atMs = w.clock.now();
        await w.engine.stopContainer(id, { graceMs: 10_000 });
        expect(w.clock.now() - atMs).toBe(500);
        expect((await w.engine.inspectContainer(id))?.state).toBe('exited');
        expect((await ask()).outcome).toBe('no connection in 1000 ms');
      })(),
    );
  });

  it('restarts what crashes, after a growing pause, and tells why it ended', async () => {
    const w = world({ exit: { afterMs: 1000, code: 137, oom: true } });
    await w.clock.run(
      (async () => {
        const id = await started(w);
        await w.clock.sleep(1050);
        expect(await w.engine.inspectContainer(id)).toMatchObject({ state: 'restarting', exitCode: 137, oomKilled: true });
        await w.clock.sleep(100);
        expect(await w.engine.inspectContainer(id)).toMatchObject({ state: 'running', restartCount: 1 });
      })(),
    );
  });

  it('lets only one running container hold an address', async () => {
    const w = world({});
    await started(w);
    const second = await w.engine.createContainer('web-2', body('10.9.1.10'));
    await expect(w.engine.startContainer(second)).rejects.toMatchObject({ code: 'ENGINE_REFUSED' });
    await w.engine.stopContainer('web-1', { graceMs: 0 });
    await w.engine.startContainer(second);
    expect((await w.engine.inspectContainer(second))?.networks['net']?.address).toBe('10.9.1.10');
  });

  it('loses an answer after it did the work, and hangs for a minute', async () => {
    const w = world({});
    w.engine.inject({ method: 'createContainer', on: 1, effect: 'lose' });
    w.engine.inject({ method: 'inspectContainer', on: 1, effect: 'hang' });
    await w.clock.run(
      (async () => {
        await expect(w.engine.createContainer('web-1', body())).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
        const atMs = w.clock.now();
        await expect(w.engine.inspectContainer('web-1')).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
        expect(w.clock.now() - atMs).toBe(60_000);
        expect(await w.engine.inspectContainer('web-1')).toMatchObject({ state: 'created' });
      })(),
    );
  });

  it('restarts as an engine does: everything ends, policies act, followers fail', async () => {
    const w = world({});
    await w.clock.run(
      (async () => {
        await started(w, 'web-1', '10.9.1.10');
        await started(w, 'web-2', '10.9.1.11');
        await w.engine.stopContainer('web-2', { graceMs: 0 });
        const events = (async () => {
          for await (const _ of w.engine.watchEvents({}, new AbortController().signal));
        })();
        const failed = expect(events).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
        await w.clock.sleep(1);
        w.engine.restart({ downMs: 3000 });
        await failed;
        await expect(w.engine.info()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
        await w.clock.sleep(3000);
        const states = (await w.engine.listContainers({ labels: {}, all: true })).map((c) => `${c.name} ${c.state}`);
        expect(states).toEqual(['web-1 running', 'web-2 exited']);
      })(),
    );
  });
});

describe('FakeClock', () => {
  it('jumps from deadline to deadline and says when nothing will ever happen', async () => {
    const clock = new FakeClock(0);
    const order: string[] = [];
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      order.push(`${name} ${clock.now()}`);
    };
    await clock.run(Promise.all([sleeper('b', 3_600_000), sleeper('a', 5)]));
    expect(order).toEqual(['a 5', 'b 3600000']);
    await expect(clock.run(new Promise(() => undefined))).rejects.toThrow('nothing is due');
    const beat = async (): Promise<never> => {
      for (;;) await clock.sleep(1000);
    };
    await expect(clock.run(beat(), 60_000)).rejects.toThrow('has not ended in 60000 ms');
  });

  it('ends a sleep with the reason of its signal', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleep = clock.sleep(1000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });
});
