import type { Action, RolloutEvent } from '../../model/index.ts';
import { duration } from '../format.ts';
import { stripControls, type Style } from '../style.ts';
import { phraseOf, titleOf } from './phrases.ts';
import type { Renderer } from './renderer.ts';

/** Actions that take long enough for their start to be news. */
const slow: ReadonlySet<Action['kind']> = new Set([
  'image.pull',
  'image.build',
  'job.run',
  'instance.probe',
  'edge.drain',
  'wait',
  'watch',
]);

/** One line per event, for logs and pipes. */
export function createPlainRenderer(write: (line: string) => void, style: Style, more: { readonly verbose: boolean }): Renderer {
  const actions = new Map<string, Action>();
  let last = '';
  return {
    show({ app, event }) {
      if (event.type === 'step.started') actions.set(event.step, event.action);
      const text = event.type === 'step.progress' ? progressLine(event, actions.get(event.step)) : eventLine(event, style, more.verbose);
      const line = event.type === 'rollout.started' || event.type === 'revert.started' ? `${style.bold(`${app}:`)} ${text ?? ''}` : text;
      // A builder and a pull repeat themselves; the second equal line in a row says nothing.
      if (line !== undefined && line !== last) write(line);
      if (line !== undefined) last = line;
    },
    note: write,
    end: () => undefined,
  };
}

/** An event as a line of text, or undefined where it is not worth one. */
export function eventLine(event: RolloutEvent, style: Style, verbose: boolean): string | undefined {
  switch (event.type) {
    case 'step.started':
      return verbose || slow.has(event.action.kind) ? startLine(event, verbose) : undefined;
    case 'step.done':
      return `${subject(event.action)}  ${phraseOf(event.action).done}${event.note === undefined ? '' : ` (${event.note})`}  ${style.dim(duration(event.tookMs))}`;
    case 'step.failed':
      return `${subject(event.action)}  ${style.red('Failed:')} ${stripControls(event.error.message)}`;
    case 'plan.ready':
    case 'step.progress':
    case 'rollout.ended':
      return undefined;
    case 'rollout.started':
    case 'rollout.resumed':
    case 'revert.started':
    case 'notice':
      return newsLine(event, style);
  }
}

type News = Extract<RolloutEvent, { type: 'rollout.started' | 'rollout.resumed' | 'revert.started' | 'notice' }>;

/** News of the rollout as a whole. */
function newsLine(event: News, style: Style): string {
  if (event.type === 'notice') return event.level === 'warning' ? `${style.yellow('warning:')} ${event.message}` : event.message;
  if (event.type === 'rollout.resumed')
    return `The server was interrupted: it ${event.how === 'resume' ? 'goes on' : 'goes back'} (${event.why})`;
  const why = event.type === 'revert.started' ? `: ${event.why}` : '';
  return style.bold(titleOf(event)) + why;
}

function startLine(event: Extract<RolloutEvent, { type: 'step.started' }>, verbose: boolean): string {
  return `${subject(event.action)}  ${phraseOf(event.action).doing}${verbose ? `: ${event.reason}` : ''}`;
}

/** Progress that counts bytes is left out: a log has no use for a hundred lines of percent. */
function progressLine(event: Extract<RolloutEvent, { type: 'step.progress' }>, action: Action | undefined): string | undefined {
  if (action === undefined || event.message === '') return undefined;
  if (event.total !== undefined && action.kind === 'image.pull') return undefined;
  const share = event.total === undefined || event.current === undefined ? '' : `${event.current}/${event.total} `;
  return `${subject(action)}  ${share}${stripControls(event.message)}`;
}

function subject(action: Action): string {
  const { kind, name } = phraseOf(action);
  return ` ${kind} ${name}`.trimEnd();
}
