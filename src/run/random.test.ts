import { describe, it } from 'vitest';
import { liveRandomly } from '../../test/fakes/random-rollouts.ts';

describe('random lives of an app under faults', () => {
  it.each(Array.from({ length: 8 }, (_, i) => i))('keep every promise (block %i)', async (block) => {
    for (let seed = block * 20; seed < block * 20 + 20; seed++) await liveRandomly(seed + 1);
  });
});
