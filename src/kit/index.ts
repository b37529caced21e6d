/**
 * Small tools without domain: time, order, hashing. Must never know a noun of berth.
 */
export { systemClock } from './clock.ts';
export { excerpt } from './excerpt.ts';
export { encodeFrame, FrameReader } from './frames.ts';
export type { Frame } from './frames.ts';
export { sha256, stableJson } from './hash.ts';
export { Histogram } from './histogram.ts';
export { Mutex } from './mutex.ts';
export { didYouMean } from './nearest.ts';
export { Redactor } from './redactor.ts';
