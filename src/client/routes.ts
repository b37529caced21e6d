import type { Api } from '../contract/index.ts';

/** What a call needs to know of an endpoint at run time. */
type Route<K extends keyof Api> = {
  readonly method: Api[K]['method'];
  readonly path: string;
  readonly mode: Api[K]['mode'];
  readonly deadlineMs: number;
};

const shortMs = 60_000;
/** Planning looks at every instance; uninstalling stops them. */
const longMs = 600_000;
/** What is replaced has its drain time, which may be an hour. */
const upgradeMs = 2 * 3_600_000;

/**
 * The contract without its schemas: these are checked by the server, and loading them would cost every command of the
 * CLI its start. The compiler holds names and modes to the contract, a test the rest.
 */
export const routes: { readonly [K in keyof Api]: Route<K> } = {
  status: { method: 'GET', path: '/v1/server', mode: 'json', deadlineMs: shortMs },
  stopServer: { method: 'POST', path: '/v1/server/stop', mode: 'json', deadlineMs: shortMs },
  plan: { method: 'POST', path: '/v1/plan', mode: 'json', deadlineMs: longMs },
  startRollout: { method: 'POST', path: '/v1/rollouts', mode: 'json', deadlineMs: longMs },
  getRollout: { method: 'GET', path: '/v1/rollouts/:id', mode: 'json', deadlineMs: shortMs },
  followRollout: { method: 'GET', path: '/v1/rollouts/:id/events', mode: 'events', deadlineMs: shortMs },
  cancelRollout: { method: 'POST', path: '/v1/rollouts/:id/cancel', mode: 'json', deadlineMs: shortMs },
  events: { method: 'GET', path: '/v1/events', mode: 'events', deadlineMs: shortMs },
  listApps: { method: 'GET', path: '/v1/apps', mode: 'json', deadlineMs: shortMs },
  getApp: { method: 'GET', path: '/v1/apps/:app', mode: 'json', deadlineMs: shortMs },
  traffic: { method: 'GET', path: '/v1/apps/:app/traffic', mode: 'json', deadlineMs: shortMs },
  maintenance: { method: 'POST', path: '/v1/apps/:app/maintenance', mode: 'json', deadlineMs: longMs },
  listReleases: { method: 'GET', path: '/v1/apps/:app/releases', mode: 'json', deadlineMs: shortMs },
  listVolumes: { method: 'GET', path: '/v1/apps/:app/volumes', mode: 'json', deadlineMs: shortMs },
  logs: { method: 'GET', path: '/v1/apps/:app/logs', mode: 'events', deadlineMs: shortMs },
  listCertificates: { method: 'GET', path: '/v1/certificates', mode: 'json', deadlineMs: shortMs },
  authority: { method: 'GET', path: '/v1/certificates/authority', mode: 'json', deadlineMs: shortMs },
  renewCertificates: { method: 'POST', path: '/v1/certificates/renew', mode: 'json', deadlineMs: longMs },
  listSecrets: { method: 'GET', path: '/v1/secrets', mode: 'json', deadlineMs: shortMs },
  setSecrets: { method: 'POST', path: '/v1/secrets', mode: 'json', deadlineMs: shortMs },
  getSecret: { method: 'POST', path: '/v1/secrets/get', mode: 'json', deadlineMs: shortMs },
  removeSecret: { method: 'POST', path: '/v1/secrets/remove', mode: 'json', deadlineMs: shortMs },
  rotateSecretKey: { method: 'POST', path: '/v1/secrets/rotate-key', mode: 'json', deadlineMs: longMs },
  upgrade: { method: 'POST', path: '/v1/upgrade', mode: 'json', deadlineMs: upgradeMs },
  uninstall: { method: 'POST', path: '/v1/uninstall', mode: 'json', deadlineMs: longMs },
};

/** The address of a call: path segments and query are taken from `input`; what the path took is left out of the rest. */
export function target(route: Route<keyof Api>, input: Readonly<Record<string, unknown>>): { path: string; body: string | undefined } {
  const rest: Record<string, unknown> = { ...input };
  const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const path = route.path.replaceAll(/:(\w+)/g, (_whole, name: string) => {
    const value = rest[name];
    delete rest[name];
    return encodeURIComponent(written(value));
  });
  if (route.method === 'POST') return { path, body: JSON.stringify(rest) };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.set(name, written(value));
  return { path: query.size === 0 ? path : `${path}?${query.toString()}`, body: undefined };
}
