import { join } from 'node:path';
import { backendOwner, labels, type Listener, type ProxyConfig, type Rule } from '../model/index.ts';
import type { LogSource } from '../ports/index.ts';
import { ringBytes } from './config/access-log.ts';
import { connectionId } from './config/connections.ts';
import { masterSocket } from './config/render.ts';
import { routeId } from './config/selection.ts';
import { logDirectory, slotDirectory, type Place } from './container/place.ts';
import { slotNumbers } from './container/standing.ts';

/** The socket in the directory of a proxy's access log. */
export const accessLogSocket = 'log.sock';

/** Where the server listens for the access log of a proxy. */
export function accessLogPath(place: Place): string {
  return join(logDirectory(place), accessLogSocket);
}

/** Where the access log of a proxy can be read, and what the routes in it stand for. */
export function accessLogSource(place: Place, config: ProxyConfig): LogSource {
  const routes = config.listeners.flatMap(routesOf).flatMap(({ id, of }) => {
    const owner = ownerOf(of);
    return owner === undefined ? [] : [[id, owner] as const];
  });
  const { [labels.app]: app = '', [labels.service]: service = '' } = place.labels;
  return {
    socket: accessLogPath(place),
    masters: slotNumbers.map((slot) => join(slotDirectory(place, slot), masterSocket)),
    ringBytes: ringBytes[place.role],
    ...(place.role === 'front' ? { front: { app, service } } : {}),
    routes: Object.fromEntries(routes),
  };
}

/** The routes of a listener by the names that its log has for them. */
function routesOf(l: Listener): { readonly id: string; readonly of: Pick<Rule, 'backend' | 'app' | 'service'> }[] {
  if (l.mode === 'http') return l.rules.map((rule) => ({ id: routeId(rule), of: rule }));
  const named = l.rules.map((rule) => ({ id: connectionId(rule.host, l), of: rule }));
  return l.fallback === undefined ? named : [...named, { id: connectionId(undefined, l), of: { backend: l.fallback, service: '' } }];
}

function ownerOf({
  backend,
  app,
  service,
}: Pick<Rule, 'backend' | 'app' | 'service'>): { readonly app: string; readonly service: string } | undefined {
  if (backend !== undefined) return backendOwner(backend);
  return app === undefined ? undefined : { app, service };
}
