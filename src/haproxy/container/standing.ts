import { labels } from '../../model/index.ts';
import type { ContainerDetails } from '../../ports/index.ts';
import { holdsNamespace } from './body.ts';
import type { Place } from './place.ts';

/** One of a proxy's containers. */
export type Slot = {
  readonly slot: number;
  readonly generation: number;
  readonly details: ContainerDetails;
  /** Its HAProxy was replaced, and finishes what it has. */
  readonly retired: boolean;
};

/** What there is of a proxy: the container that serves, and the others. */
export type Standing = {
  readonly current: Slot | undefined;
  /** The container whose namespace, name and address a front has, when it runs. */
  readonly holder: Slot | undefined;
  /** They served before, or never came to serve. */
  readonly others: readonly Slot[];
};

export const slotNumbers = [1, 2, 3] as const;

/** Which of a proxy's containers serves: the newest that runs; else the newest that the engine would start again. */
export function standingOf(place: Pick<Place, 'role'>, slots: readonly Slot[]): Standing {
  const first = slots.find((s) => holdsNamespace(place, s.slot));
  const holder = first !== undefined && isUp(first) ? first : undefined;
  const able = slots
    .filter((s) => !s.retired && (place.role === 'edge' || s === first || sharesNamespace(s, holder)))
    .toSorted((a, b) => b.generation - a.generation);
  const current = able.find(isUp) ?? able.find((s) => s.details.restartPolicy.name === 'always') ?? able[0];
  return { current, holder, others: slots.filter((s) => s !== current) };
}

/** A holder that was started again has a new namespace; who joined the old one reaches nobody any more. */
function sharesNamespace({ details }: Slot, holder: Slot | undefined): boolean {
  if (holder === undefined) return false;
  return (details.startedAtMs ?? 0) >= (holder.details.startedAtMs ?? 0);
}

export function isUp({ details }: Pick<Slot, 'details'>): boolean {
  return details.state === 'running' || details.state === 'restarting';
}

export function generationOf(details: Pick<ContainerDetails, 'labels'>): number {
  return Number(details.labels[labels.generation] ?? 0);
}
