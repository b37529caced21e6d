import type { Instance } from '../model/index.ts';
import type { Desired, DesiredService, Observed, ObservedEdge, PlanOptions } from './desired.ts';
import { hasEdge } from './desired.ts';
import { hasFront } from './front.ts';

/** The instances of one service, sorted by what has to happen to them. */
export type Classes = {
  /** As wanted, and serving. */
  readonly serving: readonly Instance[];
  /** As wanted, but not serving yet: to be started, probed or added. */
  readonly waking: readonly Instance[];
  /** How many more have to be created. */
  readonly missing: number;
  /** To be retired, and serving until then. */
  readonly retiring: readonly Instance[];
  /** Those of them that answer now, by name. */
  readonly answering: readonly string[];
  /** To be retired, and still called by the service's names, which a front is to have. */
  readonly named: readonly Instance[];
  /** As wanted but for the service's names, which they gave up for a front that is not wanted. */
  readonly nameless: readonly Instance[];
  /** To be removed; they serve nothing. */
  readonly leftover: readonly Instance[];
  /** Kept after a failed gate. */
  readonly failed: readonly Instance[];
  /** Listeners, rules and checks on the edge are not as wanted. */
  readonly edgeDiffers: boolean;
  /** The front is missing, is one too many, or is not as wanted. */
  readonly frontDiffers: boolean;
};

const isAlive = (i: Instance): boolean => i.state === 'running' || i.state === 'restarting' || i.state === 'paused';

/**
 * Compares the instances of a service with what is wanted of it. One that failed its gate and is kept to be looked at is
 * never what is wanted, also where it is of the release that is gone back to (`berth restart`).
 */
export function classify(
  s: DesiredService,
  against: { desired: Desired; observed: Observed; options: Pick<PlanOptions, 'keep'> },
): Classes {
  const { desired, observed, options } = against;
  const mine = observed.instances.filter((i) => i.service === s.service.name).toSorted(byNumber);
  const edge = observed.edge[s.service.name];
  const unproven = new Set(observed.unproven);
  const front = observed.fronts[s.service.name];
  const isIn = (proxy: ObservedEdge | undefined, i: Instance): boolean => proxy?.ready.includes(i.name) === true;
  const answers = (i: Instance): boolean => i.state === 'running' && !unproven.has(i.name) && (!hasEdge(s.service) || isIn(edge, i));
  const serves = (i: Instance): boolean => answers(i) && (!hasFront(s) || isIn(front, i));
  const failed = mine.filter((i) => i.failed);
  const rest = mine.filter((i) => !i.failed);
  const wanted = rest.filter(
    (i) =>
      i.config === s.config &&
      i.state !== 'dead' &&
      i.state !== 'removing' &&
      !options.keep.includes(i.name) &&
      (!s.force || i.rolloutId === desired.rolloutId),
  );
  const kept = [...wanted.filter(serves), ...wanted.filter((i) => !serves(i))].slice(0, s.replicas);
  const others = rest.filter((i) => !kept.includes(i));
  return {
    serving: kept.filter(serves),
    waking: kept.filter((i) => !serves(i)),
    missing: Math.max(0, s.replicas - kept.length),
    retiring: others.filter((i) => isAlive(i)),
    answering: others.filter((i) => answers(i)).map((i) => i.name),
    named: hasFront(s) ? others.filter((i) => isAlive(i) && i.fronted !== true && !observed.nameless.includes(i.name)) : [],
    nameless: hasFront(s) ? [] : kept.filter((i) => observed.nameless.includes(i.name)),
    leftover: others.filter((i) => !isAlive(i)),
    failed,
    edgeDiffers: hasEdge(s.service) ? edge?.settled !== true : edge !== undefined,
    frontDiffers: hasFront(s) ? front?.settled !== true : front !== undefined,
  };
}

/** Whether anything at all has to be done for a service. */
export function isChanged(c: Classes): boolean {
  return c.waking.length > 0 || c.missing > 0 || c.retiring.length > 0 || c.leftover.length > 0 || c.edgeDiffers || c.frontDiffers;
}

function byNumber(a: Instance, b: Instance): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}
