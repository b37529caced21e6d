import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { framesOfLines, readFrames, readJsonLines, readLogLines } from './frames.ts';

const frame = (stream: number, data: string | Buffer): Buffer => {
  const payload = Buffer.from(data);
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(payload.length, 4);
  return Buffer.concat([head, payload]);
};

async function* chunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const at = '2026-11-21T03:51:35.960562028Z';

describe('readFrames', () => {
  it('takes any cut of the bytes for the same output', async () => {
    const bytes = Buffer.concat([frame(1, 'out'), frame(2, ''), frame(2, 'err'), frame(1, 'x'.repeat(5000))]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 }), async (sizes) => {
        const output = { stdout: '', stderr: '' };
        for await (const { stream, data } of readFrames(chunks(bytes, sizes))) output[stream] += data.toString();
        expect(output).toEqual({ stdout: `out${'x'.repeat(5000)}`, stderr: 'err' });
        const whole = await Array.fromAsync(readFrames(chunks(bytes, sizes), 'whole'));
        expect(whole.map((f) => f.data.length)).toEqual([3, 3, 5000]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('readLogLines', () => {
  it('reads stream, time and text, and joins what the engine cut, also within a character', async () => {
    const long = Buffer.from(`${'a'.repeat(16_383)}ü end`);
    const bytes = Buffer.concat([
      frame(1, `${at} hello world\n`),
      frame(1, Buffer.concat([Buffer.from(`${at} `), long.subarray(0, 16_384)])),
      frame(2, `${at} between\r\n`),
      frame(1, Buffer.concat([Buffer.from(`${at} `), long.subarray(16_384), Buffer.from('\n')])),
      frame(1, `${at} \n`),
      frame(1, `${at} no newline`),
    ]);
    const lines = await Array.fromAsync(readLogLines(readFrames(chunks(bytes, [7, 4096]), 'whole')));
    const atMs = Date.parse('2026-11-21T03:51:35.960Z');
    expect(lines).toEqual([
      { stream: 'stdout', atMs, text: 'hello world' },
      { stream: 'stderr', atMs, text: 'between' },
      { stream: 'stdout', atMs, text: long.toString() },
      { stream: 'stdout', atMs, text: '' },
      { stream: 'stdout', atMs, text: 'no newline' },
    ]);
  });

  it('gives a line without end out in parts', async () => {
    const part = frame(1, `${at} ${'x'.repeat(512 * 1024)}`);
    const lines = await Array.fromAsync(readLogLines(readFrames(chunks(Buffer.concat([part, part, part]), [65_536]), 'whole')));
    expect(lines.map((l) => l.text.length)).toEqual([1024 * 1024, 512 * 1024]);
  });

  it('reads the raw log of a terminal', async () => {
    const lines = await Array.fromAsync(readLogLines(framesOfLines(chunks(Buffer.from(`${at} a\r\n${at} b\r\n`), [5]))));
    expect(lines.map((l) => l.text)).toEqual(['a', 'b']);
  });
});

describe('readJsonLines', () => {
  it('reads values that arrive in pieces', async () => {
    const bytes = Buffer.from('{"a":"ü"}\r\n\n{"a":2}\n{"a":3}');
    expect(await Array.fromAsync(readJsonLines(chunks(bytes, [1, 3])))).toEqual([{ a: 'ü' }, { a: 2 }, { a: 3 }]);
  });
});
