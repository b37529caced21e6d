import { randomBytes } from 'node:crypto';
import type { Ids } from '../ports/index.ts';

/** Ids of 72 random bits, also fit for the names of containers. */
export const randomIds: Ids = { next: () => randomBytes(9).toString('hex') };
