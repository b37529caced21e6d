import type { EventRecord } from '../../model/index.ts';
import { duration, moment } from '../format.ts';
import type { Style } from '../style.ts';
import { eventLine } from './plain.ts';

/** Makes lines of event records: time, app, and what happened. */
export function createEventLines(style: Style, how: { readonly verbose: boolean }): (record: EventRecord) => string | undefined {
  return (record) => {
    const text = record.event.type === 'rollout.ended' ? endLine(record.event, style) : eventLine(record.event, style, how.verbose);
    return text === undefined ? undefined : `${style.dim(moment(record.atMs))} ${style.cyan(record.app)}  ${text.trimStart()}`;
  };
}

function endLine(event: Extract<EventRecord['event'], { type: 'rollout.ended' }>, style: Style): string {
  const tint = event.exitCode === 0 ? style.green : style.red;
  const serving = event.serving === undefined ? 'nothing serves' : `release ${event.serving} serves`;
  const why = event.error === undefined ? '' : `: ${event.error.message}`;
  return `${tint(event.state)}${why} (${serving}, exit ${event.exitCode}, ${duration(event.tookMs)})`;
}
