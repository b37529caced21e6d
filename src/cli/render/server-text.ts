import type { ServerStatus } from '../../contract/index.ts';
import { duration } from '../format.ts';
import { pad } from '../style.ts';

/** What a server says of itself, one fact a line. */
export function serverText(status: ServerStatus): string {
  const facts: readonly (readonly [string, string])[] = [
    ['pid', String(status.pid)],
    ['version', status.version],
    ['home', status.home],
    ['engine', engineText(status.engine)],
    ['uptime', duration(status.uptimeMs)],
    ['apps', status.apps.length === 0 ? 'none' : status.apps.join(', ')],
    ['rollouts', status.activeRollouts === 0 ? 'none running' : `${status.activeRollouts} running`],
  ];
  return facts.map(([name, value]) => `${pad(name, 8)}  ${value}`).join('\n');
}

function engineText(engine: ServerStatus['engine']): string {
  if (engine === undefined) return 'none used yet: nothing was deployed';
  if ('unreachable' in engine) return engine.unreachable;
  return `${engine.name} ${engine.version} (API ${engine.apiVersion}) at ${engine.socket}`;
}
