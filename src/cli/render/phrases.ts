import type { Action, RolloutEvent, RolloutKind } from '../../model/index.ts';
import { duration } from '../format.ts';

/** How an action reads: what it acts on, and the words while and after it is done. */
export type Phrase = { readonly kind: string; readonly name: string; readonly doing: string; readonly done: string };

type Kind = Action['kind'];
type Of<K extends Kind> = Extract<Action, { kind: K }>;

const phrase = (kind: string, name: string, doing: string, done: string): Phrase => ({ kind, name, doing, done });

const phrases: { readonly [K in Kind]: (action: Of<K>) => Phrase } = {
  'image.pull': (a) => phrase('Image', a.service, `Pulling ${a.reference}`, 'Pulled'),
  'image.build': (a) => phrase('Image', a.service, 'Building', 'Built'),
  'network.ensure': (a) => phrase('Network', a.network, 'Creating', 'Ready'),
  'network.remove': (a) => phrase('Network', a.network, 'Removing', 'Removed'),
  'volume.ensure': (a) => phrase('Volume', a.volume, 'Creating', 'Ready'),
  'volume.remove': (a) => phrase('Volume', a.volume, 'Removing', 'Removed'),
  'job.run': (a) => phrase(a.role === 'release' ? 'Release command' : 'Job', a.service, 'Running', 'Completed'),
  'instance.create': (a) => phrase('Instance', a.instance, 'Creating', 'Created'),
  'instance.start': (a) => phrase('Instance', a.instance, 'Starting', 'Started'),
  'instance.probe': (a) => phrase('Instance', a.instance, `Probing${probeWords(a)}`, 'Ready'),
  'instance.stop': (a) => phrase('Instance', a.instance, 'Stopping', 'Stopped'),
  'instance.remove': (a) => phrase('Instance', a.instance, 'Removing', 'Removed'),
  'edge.add': (a) => phrase('Instance', a.instance, 'Joining the traffic', 'Serving'),
  'edge.drain': (a) => phrase('Instance', a.instance, 'Draining', 'Drained'),
  'certificate.ensure': (a) => phrase('Certificate', certificateName(a), 'Making', 'Ready'),
  'certificate.order': (a) => phrase('Certificate', certificateName(a), 'Ordering', 'Issued'),
  'edge.routes': (a) =>
    a.phase === 'open' ? phrase('Routes', a.service, 'Opening', 'Open') : phrase('Routes', a.service, 'Settling', 'Settled'),
  'edge.forget': (a) => phrase('Routes', a.service ?? '', 'Closing', 'Closed'),
  'front.open': (a) => phrase('Front', a.service, 'Opening', 'Open'),
  'front.add': (a) => phrase('Instance', a.instance, 'Joining its front', 'Called by name'),
  'front.drain': (a) => phrase('Instance', a.instance, 'Draining from its front', 'Drained'),
  'front.settle': (a) => phrase('Front', a.service, 'Settling', 'Settled'),
  'front.remove': (a) => phrase('Front', a.service, 'Removing', 'Removed'),
  'instance.quiet': (a) => phrase('Instance', a.instance, 'Waiting for its direct callers', 'Quiet'),
  'instance.name': (a) =>
    a.holder === 'front'
      ? phrase('Instance', a.instance, 'Leaving its name to the front', 'Called through its front')
      : phrase('Instance', a.instance, 'Taking its name back', 'Called by name'),
  wait: (a) => phrase('Delay', a.service, `Waiting ${duration(a.ms)}`, 'Waited'),
  watch: (a) => phrase('Watch', a.services.join(', '), `Watching for ${duration(a.ms)}`, 'Good'),
  'release.promote': (a) => phrase('Release', String(a.release), 'Becoming current', 'Current'),
};

/** The words for an action. Steps with equal kind and name share a row. */
export function phraseOf(action: Action): Phrase {
  // The table holds for each kind the function of that kind, which TypeScript cannot follow through the index.
  return (phrases[action.kind] as (action: Action) => Phrase)(action);
}

function certificateName({ hosts, service }: Of<'certificate.ensure' | 'certificate.order'>): string {
  return hosts.length === 0 ? service : hosts.join(', ');
}

function probeWords({ probe: { check } }: Of<'instance.probe'>): string {
  switch (check.kind) {
    case 'http':
      return ` GET ${check.path}`;
    case 'tcp':
      return ' its port';
    case 'health':
      return ' its health check';
    case 'uptime':
      return ' that it stays up';
    case 'find':
      return '';
  }
}

const gerunds: Readonly<Record<RolloutKind, string>> = {
  up: 'rolling out',
  rollback: 'rolling back',
  scale: 'scaling',
  restart: 'restarting',
  stop: 'stopping',
  start: 'starting',
  pull: 'pulling',
  build: 'building',
  down: 'taking down',
};

/** What a rollout does from here on: `rolling out release 3`, `going back to release 2`. */
export function titleOf(event: Extract<RolloutEvent, { type: 'rollout.started' | 'revert.started' }>): string {
  if (event.type === 'revert.started') return event.toRelease === undefined ? 'going back' : `going back to release ${event.toRelease}`;
  const number = isOfRelease(event.kind) && event.toRelease !== undefined ? ` release ${event.toRelease}` : '';
  return gerunds[event.kind] + number;
}

/** Whether a rollout ends in a release of its own number. */
export function isOfRelease(kind: RolloutKind): boolean {
  return kind === 'up' || kind === 'rollback';
}
