import { describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../ports/index.ts';
import { type Slot, standingOf } from './standing.ts';

type Given = { state?: ContainerDetails['state']; policy?: 'always' | 'no'; startedAtMs?: number; retired?: boolean };

function slot(
  number: number,
  generation: number,
  { state = 'running', policy = 'always', startedAtMs = generation, retired = false }: Given = {},
): Slot {
  const details = { state, restartPolicy: { name: policy }, startedAtMs } as unknown as ContainerDetails;
  return { slot: number, generation, details, retired };
}

const edge = { role: 'edge' } as const;
const front = { role: 'front' } as const;

describe('the container that serves', () => {
  it.each([
    ['none there', edge, [], undefined],
    ['the only one', edge, [slot(1, 1)], 1],
    ['the newest that runs', edge, [slot(1, 3), slot(2, 2)], 1],
    ['the one before, where the newest never ran', edge, [slot(1, 1), slot(2, 2, { state: 'created', policy: 'no' })], 1],
    [
      'the newest, though a replaced one still runs',
      edge,
      [slot(1, 1, { retired: true, policy: 'no' }), slot(2, 2, { state: 'exited' })],
      2,
    ],
    ['none, where all were replaced', edge, [slot(1, 1, { retired: true })], undefined],
    ['a front as it was made', front, [slot(1, 1)], 1],
    ['who joined its namespace', front, [slot(1, 1, { retired: true }), slot(2, 2)], 2],
    ['the first again, after it was started anew', front, [slot(1, 1, { startedAtMs: 9 }), slot(2, 2)], 1],
    ['who was started after it, by the engine', front, [slot(1, 1, { startedAtMs: 8 }), slot(2, 2, { startedAtMs: 9 })], 2],
    ['none, where the namespace is gone', front, [slot(1, 1, { retired: true, state: 'exited' }), slot(2, 2)], undefined],
    ['the first, where who joined cannot be started', front, [slot(1, 1), slot(2, 2, { state: 'exited' })], 1],
  ])('is %s', (_what, place, slots, expected) => {
    const standing = standingOf(place, slots);
    expect(standing.current?.slot).toBe(expected);
    expect(standing.others).toHaveLength(slots.length - (expected === undefined ? 0 : 1));
  });
});

it('the namespace of a front is that of its first container, while it runs', () => {
  expect(standingOf(front, [slot(1, 1, { retired: true }), slot(2, 2)]).holder?.slot).toBe(1);
  expect(standingOf(front, [slot(1, 1, { state: 'exited' })]).holder).toBeUndefined();
  expect(standingOf(edge, [slot(1, 1)]).holder).toBeUndefined();
});
