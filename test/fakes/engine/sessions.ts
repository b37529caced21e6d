import type { AttachSession, ExecInput, ExecSession } from '../../../src/ports/index.ts';
import type { FakeContainer, FakeMachine } from './machine.ts';
import { Stream } from '../stream.ts';

type Frame = { readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array };

/** A command in a fake container: echoes its input where the behaviour says so, else prints its result and ends. */
export function openFakeExec(c: FakeContainer, input: ExecInput & { stdin: boolean }, signal?: AbortSignal): ExecSession {
  const frames = new Stream<Frame>();
  const result = { exitCode: 0, stdout: '', stderr: '', refusal: undefined, ...c.behaviour.exec?.(input) };
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
    refusal: () => Promise.resolve(result.refusal),
    exitCode: () => Promise.resolve(result.exitCode),
  };
}

/** The streams of a fake container from before its start; echoing ones end with their input. */
export function attachFake(machine: FakeMachine, c: FakeContainer, signal?: AbortSignal): AttachSession {
  const over = new AbortController();
  const left = new AbortController();
  c.onEnd.push(() => over.abort());
  const lines = c.logs.follow(
    c.logs.items.length,
    signal === undefined ? left.signal : AbortSignal.any([left.signal, signal]),
    over.signal,
  );
  async function* output(): AsyncGenerator<Frame> {
    for await (const { stream, text } of lines) yield { stream, data: Buffer.from(`${text}\n`) };
  }
  return {
    output: output(),
    write: (data) => {
      if (c.behaviour.echoes !== true) return;
      const text = new TextDecoder().decode(data);
      for (const line of text.split('\n')) if (line !== '') c.logs.push({ stream: 'stdout', atMs: machine.clock.now(), text: line });
    },
    end: () => {
      if (c.behaviour.echoes === true) machine.end(c, { code: 0 });
    },
    resize: () => Promise.resolve(),
    close: () => left.abort(),
  };
}
