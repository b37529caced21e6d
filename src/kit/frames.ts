/** One message of a byte stream: a type and its bytes. */
export type Frame = { readonly type: number; readonly payload: Uint8Array };

const headBytes = 5;

/** A frame as bytes: `{ type: u8, length: u32be, payload }`. */
export function encodeFrame(type: number, payload: Uint8Array | string = ''): Uint8Array {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const frame = Buffer.allocUnsafe(headBytes + body.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(body.length, 1);
  frame.set(body, headBytes);
  return frame;
}

/** Cuts a byte stream into frames, however the bytes arrive. A frame above `limitBytes` throws a RangeError. */
export class FrameReader {
  readonly #limitBytes: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(limitBytes = 64 * 1024 * 1024) {
    this.#limitBytes = limitBytes;
  }

  /** The frames that `chunk` completes. */
  push(chunk: Uint8Array): Frame[] {
    let rest = this.#rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    while (rest.length >= headBytes) {
      const length = rest.readUInt32BE(1);
      if (length > this.#limitBytes) throw new RangeError(`a frame of ${length} bytes is above ${this.#limitBytes}`);
      if (rest.length < headBytes + length) break;
      frames.push({ type: rest.readUInt8(0), payload: rest.subarray(headBytes, headBytes + length) });
      rest = rest.subarray(headBytes + length);
    }
    this.#rest = rest;
    return frames;
  }
}
