import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeFrame, FrameReader } from './index.ts';

it('gives back what was encoded, however the bytes are cut', () => {
  const frame = fc.record({ type: fc.integer({ min: 0, max: 255 }), payload: fc.uint8Array({ maxLength: 50 }) });
  fc.assert(
    fc.property(fc.array(frame), fc.integer({ min: 1, max: 20 }), (frames, cut) => {
      const bytes = Buffer.concat(frames.map((f) => encodeFrame(f.type, f.payload)));
      const reader = new FrameReader();
      const read = [];
      for (let at = 0; at < bytes.length; at += cut) read.push(...reader.push(bytes.subarray(at, at + cut)));
      expect(read.map((f) => ({ type: f.type, payload: Uint8Array.from(f.payload) }))).toEqual(frames);
    }),
  );
});

it('refuses a frame above its limit', () => {
  expect(() => new FrameReader(3).push(encodeFrame(0, 'four'))).toThrow(RangeError);
});
