import { join } from 'node:path';
import { backendOwner, labels, type ProxyConfig, type Rule } from '../model/index.ts';
import type { LogSource } from '../ports/index.ts';
import { masterSocket } from './config/render.ts';
import { routeId } from './config/selection.ts';
import { logDirectory, slotDirectory, type Place } from './container/place.ts';
import { slotNumbers } from './container/standing.ts';

/** The socket in the directory of a proxy's access log. */
export const accessLogSocket = 'log.sock';

/** Where the access log of a proxy can be read, and what the routes in it stand for. */
export function accessLogSource(place: Place, config: ProxyConfig): LogSource {
  const rules = config.listeners.flatMap((l) => (l.mode === 'http' ? l.rules : []));
  const routes = rules.flatMap((rule) => {
    const owner = ownerOf(rule);
    return owner === undefined ? [] : [[routeId(rule), owner] as const];
  });
  const { [labels.app]: app = '', [labels.service]: service = '' } = place.labels;
  return {
    socket: join(logDirectory(place), accessLogSocket),
    masters: slotNumbers.map((slot) => join(slotDirectory(place, slot), masterSocket)),
    ...(place.role === 'front' ? { front: { app, service } } : {}),
    routes: Object.fromEntries(routes),
  };
}

function ownerOf({ backend, app, service }: Rule): { readonly app: string; readonly service: string } | undefined {
  if (backend !== undefined) return backendOwner(backend);
  return app === undefined ? undefined : { app, service };
}
