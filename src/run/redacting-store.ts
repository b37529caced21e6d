import { Redactor } from '../kit/index.ts';
import type { Store } from '../ports/index.ts';

/** Keys of events and errors under which are names, kinds and plans, which berth makes of the file: never of a value. */
const structural = [
  'type',
  'kind',
  'code',
  'state',
  'app',
  'service',
  'instance',
  'name',
  'id',
  'step',
  'action',
  'plan',
  'rollout',
  'level',
  'how',
  'imageId',
];

/** What takes secret values out of all that is told of rollouts. */
export function createRedactor(): Redactor {
  return new Redactor(structural);
}

/** A store that keeps no secret value: what is told of a rollout (events, errors, results) is gone through first. Steps have none. */
export function redactingStore(store: Store, redactor: Pick<Redactor, 'data'>): Store {
  const through: Partial<Store> = {
    appendEvent: (rollout, app, event, atMs) => store.appendEvent(rollout, app, redactor.data(event), atMs),
    updateRollout: (id, change) => store.updateRollout(id, redactor.data(change)),
    journalEnd: (rollout, seq, ...[state, atMs, result]) => store.journalEnd(rollout, seq, state, atMs, redactor.data(result)),
  };
  // Every other call goes straight through, whatever kind of object the store is.
  return new Proxy(store, { get: (target, name): unknown => Reflect.get(through, name) ?? Reflect.get(target, name) });
}
