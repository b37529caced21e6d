import { describe, it } from 'vitest';
import { liveRandomly } from '../fakes/random-rollouts.ts';

// Each life is some six rollouts, so this is thousands of them; `src/run/random.test.ts` runs the first few at every check.
describe('many random lives of an app under faults of engine, data plane and server', () => {
  it.each(Array.from({ length: 30 }, (_, i) => i))('keep every promise (block %i)', async (block) => {
    for (let seed = block * 20; seed < block * 20 + 20; seed++) await liveRandomly(10_000 + seed);
  });
});
