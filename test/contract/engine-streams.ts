import { packTar, unpackTar } from 'modern-tar';
import { expect } from 'vitest';
import type { EngineEvent } from '../../src/ports/index.ts';
import { refused, type ContractKit } from './kit.ts';

/** Logs and events. */
export function streamContract(kit: ContractKit): void {
  kit.test('gives the log by line, with stream and time, and its tail', async () => {
    const id = await kit.start('talks', 'talks');
    await kit.engine.waitContainer(id);
    const lines = await Array.fromAsync(kit.engine.containerLogs(id, {}));
    const texts = lines.map((l) => `${l.stream} ${l.text}`);
    // Two pipes: their order is not the writer's.
    expect(texts.toSorted()).toEqual(['stderr two', 'stdout one', 'stdout three']);
    expect(texts.at(-1)).toBe('stdout three');
    const startedAtMs = (await kit.need(id)).startedAtMs ?? 0;
    for (const line of lines) expect(Math.abs(line.atMs - startedAtMs)).toBeLessThan(10_000);
    expect(await Array.fromAsync(kit.engine.containerLogs(id, { tail: 1 }))).toMatchObject([{ text: 'three' }]);
    const sinceMs = (lines.at(-1)?.atMs ?? 0) - 20;
    expect(await Array.fromAsync(kit.engine.containerLogs(id, { sinceMs }))).toMatchObject([{ text: 'three' }]);
    await kit.remove(id);
  });

  kit.test('follows a log to the end of the container', async () => {
    const id = await kit.start('follow', 'talks');
    const lines = await Array.fromAsync(kit.engine.containerLogs(id, { follow: true }));
    expect(lines.at(-1)?.text).toBe('three');
    expect(lines).toHaveLength(3);
    await kit.remove(id);
  });

  kit.test('follows a log until the signal aborts, and then ends without an error', async () => {
    const id = await kit.start('abort', 'talksAfterAWhile');
    const controller = new AbortController();
    const texts: string[] = [];
    for await (const line of kit.engine.containerLogs(id, { follow: true }, controller.signal)) {
      texts.push(line.text);
      controller.abort();
    }
    expect(texts).toEqual(['hello']);
    await kit.remove(id);
  });

  kit.test('tells events of what carries the labels, from the call on, until the signal aborts', async () => {
    const controller = new AbortController();
    const labels = { ...kit.labels, 'contract.events': kit.name('events') };
    const events = kit.engine.watchEvents({ labels }, controller.signal);
    const id = await kit.start('events', 'fails', { Labels: labels });
    const seen: EngineEvent[] = [];
    for await (const event of events) {
      seen.push(event);
      if (event.action === 'die') controller.abort();
    }
    expect(seen.map((e) => e.action)).toEqual(['create', 'start', 'die']);
    expect(seen.at(-1)).toMatchObject({ type: 'container', id, attributes: { name: kit.name('events'), exitCode: '7', ...labels } });
    await kit.remove(id);
  });

  kit.test('rejects with the reason of the signal', async () => {
    const { engine } = kit;
    const reason = new Error('enough');
    await expect(engine.listContainers({ labels: kit.labels }, AbortSignal.abort(reason))).rejects.toBe(reason);
    const id = await kit.start('wait', 'ignoresStop');
    const controller = new AbortController();
    const waiting = expect(engine.waitContainer(id, controller.signal)).rejects.toBe(reason);
    await kit.world.sleep(20);
    controller.abort(reason);
    await waiting;
    expect((await kit.need(id)).state).toBe('running');
    await kit.remove(id);
  });
}

/** Commands, attached streams, files and statistics. */
export function sessionContract(kit: ContractKit): void {
  kit.test('runs a command in a container and gives its output apart', async () => {
    const id = await kit.start('exec', 'serves');
    const command = ['sh', '-c', 'echo "$A"; echo bad >&2; exit 3', 'fail'];
    const result = await kit.engine.exec(id, { command, environment: { A: "it's $HOME" } });
    expect(result).toEqual({ exitCode: 3, stdout: "it's $HOME\n", stderr: 'bad\n' });
    await kit.remove(id);
    await expect(kit.engine.exec(id, { command })).rejects.toMatchObject(refused('ENGINE_REFUSED'));
  });

  kit.test('carries standard input to a command and its output back', async () => {
    const id = await kit.start('stdin', 'serves');
    const session = await kit.engine.openExec(id, { command: ['cat'], tty: false, stdin: true });
    await session.write(Buffer.from('grüße\n'));
    session.end();
    expect(await textOf(session.output)).toBe('grüße\n');
    expect(await session.exitCode()).toBe(0);
    await kit.remove(id);
  });

  kit.test('attaches to a container before it starts', async () => {
    const more = { OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true };
    const id = await kit.engine.createContainer(kit.name('attach'), kit.body('copies', more));
    const session = await kit.engine.attachContainer(id, { tty: false, stdin: true });
    await kit.engine.startContainer(id);
    await session.write(Buffer.from('hello\n'));
    session.end();
    expect(await textOf(session.output)).toBe('hello\n');
    expect(await kit.engine.waitContainer(id)).toBe(0);
    await kit.remove(id);
  });

  kit.test('puts files into a container and gets them back', async () => {
    const id = await kit.engine.createContainer(kit.name('files'), kit.body('serves'));
    const tar = await packTar([{ header: { name: 'hello.txt', size: 5, type: 'file' }, body: 'hello' }]);
    await kit.engine.putArchive(id, '/tmp', tar);
    const back = await unpackTar((await kit.engine.getArchive(id, '/tmp/hello.txt')) ?? new Uint8Array());
    expect(back.map((e) => [e.header.name, new TextDecoder().decode(e.data)])).toEqual([['hello.txt', 'hello']]);
    expect(await kit.engine.getArchive(id, '/tmp/absent')).toBeUndefined();
    await kit.remove(id);
  });

  kit.test('reads the use of a running container only', async () => {
    const id = await kit.start('stats', 'serves');
    const stats = await kit.engine.containerStats(id);
    expect(stats?.memoryBytes).toBeGreaterThan(0);
    expect(stats?.cpuPercent).toBeGreaterThanOrEqual(0);
    expect(stats?.pids).toBeGreaterThan(0);
    await kit.remove(id);
    expect(await kit.engine.containerStats(id)).toBeUndefined();
  });
}

async function textOf(output: AsyncIterable<{ data: Uint8Array }>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const { data } of output) parts.push(data);
  return Buffer.concat(parts).toString();
}
