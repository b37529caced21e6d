import type { LogLine } from '../ports/index.ts';

/** A piece of output with where it was written. */
export type Frame = { readonly stream: 'stdout' | 'stderr'; readonly data: Buffer };

/**
 * Takes a multiplexed stream apart: each frame has 8 bytes of head (stream, 3 zero bytes, length) before its payload.
 * With `whole`, frames come as the engine wrote them; otherwise pieces of a long one come as they arrive.
 */
export async function* readFrames(
  chunks: AsyncIterable<Uint8Array>,
  mode: 'whole' | 'pieces' = 'pieces',
): AsyncGenerator<Frame, void, void> {
  let rest = Buffer.alloc(0);
  let left = 0;
  let stream: Frame['stream'] = 'stdout';
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? asBuffer(chunk) : Buffer.concat([rest, chunk]);
    for (;;) {
      if (left === 0) {
        if (rest.length < 8) break;
        stream = rest[0] === 2 ? 'stderr' : 'stdout';
        left = rest.readUInt32BE(4);
        rest = rest.subarray(8);
        if (left === 0) continue;
      }
      if (rest.length === 0 || (mode === 'whole' && rest.length < left)) break;
      const data = rest.subarray(0, left);
      rest = rest.subarray(data.length);
      left -= data.length;
      yield { stream, data };
    }
  }
  if (mode === 'whole' && left > 0 && rest.length > 0) yield { stream, data: rest };
}

/** The one raw stream of a TTY as frames. */
export async function* rawFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame, void, void> {
  for await (const chunk of chunks) yield { stream: 'stdout', data: asBuffer(chunk) };
}

/** Longest line that is given out whole; a longer one comes in parts. */
const longestLine = 1024 * 1024;
const newline = 10;

/** Bytes of one stream, not yet a whole line. */
type Part = { atMs: number; bytes: Buffer[]; length: number };

/**
 * Makes log lines of the frames of a log with timestamps. The engine cuts a line above 16 KiB into frames and puts a
 * timestamp before each; only the last ends with a newline. Text is decoded per line, so a cut character stays whole.
 */
export async function* readLogLines(frames: AsyncIterable<Frame>): AsyncGenerator<LogLine, void, void> {
  const parts = new Map<Frame['stream'], Part>();
  for await (const { stream, data } of frames) {
    const space = data.indexOf(32);
    const atMs = space > 0 ? Date.parse(data.toString('latin1', 0, space)) : Number.NaN;
    const payload = Number.isNaN(atMs) ? data : data.subarray(space + 1);
    const part = parts.get(stream) ?? { atMs: Number.isNaN(atMs) ? 0 : atMs, bytes: [], length: 0 };
    parts.set(stream, part);
    part.bytes.push(payload);
    part.length += payload.length;
    if (payload.at(-1) !== newline && part.length < longestLine) continue;
    parts.delete(stream);
    yield toLine(stream, part);
  }
  for (const [stream, part] of parts) yield toLine(stream, part);
}

/** Cuts the raw log of a TTY into one frame a line, as a multiplexed log has them. */
export async function* framesOfLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame, void, void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? asBuffer(chunk) : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      yield { stream: 'stdout', data: rest.subarray(0, end + 1) };
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.length > 0) yield { stream: 'stdout', data: rest };
}

function toLine(stream: Frame['stream'], { atMs, bytes }: Part): LogLine {
  return {
    stream,
    atMs,
    text: Buffer.concat(bytes)
      .toString('utf8')
      .replace(/\r?\n$/, ''),
  };
}

function asBuffer(chunk: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength);
}

/** Lines of JSON, one value each. */
export async function* readJsonLines<T>(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<T, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as T;
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as T;
}
