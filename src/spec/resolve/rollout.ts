import type { RolloutSettings } from '../../model/index.ts';
import { splitWords } from '../text/shell-words.ts';
import { child, type Node } from '../text/node.ts';
import type { Context } from './context.ts';
import { defined, durationAt, integerAt, textAt, textsAt, wordAt } from './get.ts';

const standard: RolloutSettings = {
  strategy: 'rolling',
  parallelism: 1,
  unavailable: 0,
  delayMs: 0,
  drainMs: 30_000,
  longDrainMs: 30_000,
  watchMs: 15_000,
  monitorMs: 5000,
  failureAction: 'rollback',
};

const orders = ['start-first', 'stop-first'] as const;
const failureActions = ['rollback', 'pause', 'continue'] as const;

/** How a service moves: `x-berth.rollout` over that of the project over `deploy.update_config` over the defaults. */
export function resolveRollout(service: Node, project: Node | undefined): RolloutSettings {
  const merged = {
    ...standard,
    ...composeRollout(child(service, 'deploy', 'update_config')),
    ...berthRollout(child(project, 'rollout')),
    ...berthRollout(child(service, 'x-berth', 'rollout')),
  };
  const longDrain = [child(service, 'x-berth', 'rollout'), child(project, 'rollout')].some(
    (node) => child(node, 'longDrain') !== undefined,
  );
  return longDrain ? merged : { ...merged, longDrainMs: merged.drainMs };
}

/** How going back moves, when `deploy.rollback_config` says so. */
export function resolveRollback(service: Node, rollout: RolloutSettings): RolloutSettings | undefined {
  const node = child(service, 'deploy', 'rollback_config');
  return node?.kind === 'map' ? { ...rollout, ...composeRollout(node) } : undefined;
}

function composeRollout(node: Node | undefined): Partial<RolloutSettings> {
  return defined({
    parallelism: integerAt(node, 'parallelism'),
    order: wordAt(orders, node, 'order'),
    delayMs: durationAt(node, 'delay'),
    monitorMs: durationAt(node, 'monitor'),
    failureAction: wordAt(failureActions, node, 'failure_action'),
  });
}

function berthRollout(node: Node | undefined): Partial<RolloutSettings> {
  return defined({
    parallelism: integerAt(node, 'surge'),
    unavailable: integerAt(node, 'unavailable'),
    order: wordAt(orders, node, 'order'),
    drainMs: durationAt(node, 'drain'),
    longDrainMs: durationAt(node, 'longDrain'),
    watchMs: durationAt(node, 'watch'),
    monitorMs: durationAt(node, 'monitor'),
    failureAction: wordAt(failureActions, node, 'failureAction'),
  });
}

/** `x-berth.release`: a list, or a line that is split into words. */
export function resolveRelease(service: Node, context: Context): string[] | undefined {
  const node = child(service, 'x-berth', 'release');
  if (node === undefined) return undefined;
  const list = textsAt(node);
  const line = textAt(node);
  const split = line === undefined ? undefined : splitWords(line);
  const words = list ?? (split?.ok === true ? split.words : undefined);
  if (words === undefined) return undefined;
  if (words.length > 0) return words;
  context.problems.error(node.mark, '`x-berth.release` is empty');
  return undefined;
}
