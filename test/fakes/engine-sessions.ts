import type { AttachSession, ExecInput, ExecSession } from '../../src/ports/index.ts';
import type { FakeContainer, FakeMachine } from './engine-machine.ts';
import { Stream } from './stream.ts';

type Frame = { readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array };

/** A command in a fake container: echoes its input where the behaviour says so, else prints its result and ends. */
export function openFakeExec(c: FakeContainer, input: ExecInput & { stdin: boolean }, signal?: AbortSignal): ExecSession {
  const frames = new Stream<Frame>();
  const result = { exitCode: 0, stdout: '', stderr: '', ...c.behaviour.exec?.(input) };
  const finish = (): void => {
    if (result.stdout !== '') frames.push({ stream: 'stdout', data: Buffer.from(result.stdout) });
    if (result.stderr !== '') frames.push({ stream: 'stderr', data: Buffer.from(result.stderr) });
    frames.end();
  };
  const echoes = input.stdin && c.behaviour.echoes === true;
  if (!echoes) finish();
  return {
    output: frames.follow(0, signal),
    write: (data) => {
      if (echoes) frames.push({ stream: 'stdout', data });
    },
    end: () => frames.end(),
    resize: () => Promise.resolve(),
    close: () => frames.end(),
    exitCode: () => Promise.resolve(result.exitCode),
  };
}

/** The streams of a fake container from before its start; echoing ones end with their input. */
export function attachFake(machine: FakeMachine, c: FakeContainer, signal?: AbortSignal): AttachSession {
  const over = new AbortController();
  signal?.addEventListener('abort', () => over.abort(), { once: true });
  const echoed = (data: Uint8Array): void => {
    if (c.behaviour.echoes !== true) return;
    const text = new TextDecoder().decode(data);
    for (const line of text.split('\n')) if (line !== '') c.logs.push({ stream: 'stdout', atMs: machine.clock.now(), text: line });
  };
  async function* output(from: number): AsyncGenerator<Frame> {
    for await (const { stream, text } of c.logs.follow(from, over.signal)) yield { stream, data: Buffer.from(`${text}\n`) };
  }
  c.onEnd.push(() => over.abort());
  return {
    output: output(c.logs.items.length),
    write: echoed,
    end: () => {
      if (c.behaviour.echoes === true) machine.end(c, { code: 0 });
    },
    resize: () => Promise.resolve(),
    close: () => over.abort(),
  };
}
