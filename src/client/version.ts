import { request } from 'node:http';

/** What a server says of itself with every reply, in headers. */
export type Greeting = {
  readonly version: string;
  readonly protocol: number;
  readonly pid: number;
  readonly stopping: boolean;
  /** The socket of the engine that the apps of this home run on; none without an app. */
  readonly engine: string | undefined;
};

/** What to do about a server that answers. */
export type Judgement = 'same' | 'older' | 'newer';

/** Asks who answers on a socket; undefined when nobody does. Costs the server nothing: no handler runs. */
export function greet(socket: string, deadlineMs: number): Promise<Greeting | undefined> {
  const { promise, resolve } = Promise.withResolvers<Greeting | undefined>();
  const sent = request({
    socketPath: socket,
    agent: false,
    method: 'HEAD',
    path: '/v1/server',
    headers: { host: 'berth' },
  });
  sent.setTimeout(deadlineMs, () => sent.destroy());
  sent.on('error', () => resolve(undefined));
  sent.on('response', (response) => {
    response.resume();
    const { headers } = response;
    const { 'berth-version': version, 'berth-engine': engine } = headers;
    if (typeof version !== 'string') return resolve(undefined);
    resolve({
      version,
      protocol: Number(headers['berth-protocol']),
      pid: Number(headers['berth-pid']),
      stopping: headers['berth-stopping'] === 'true',
      engine: typeof engine === 'string' ? decodeURIComponent(engine) : undefined,
    });
  });
  sent.end();
  return promise;
}

/** Compares a server with this client. The part after `+` is a build: another one of the same version is replaced. */
export function judge(
  server: Pick<Greeting, 'version' | 'protocol'>,
  own: { readonly version: string; readonly protocol: number },
): Judgement {
  if (server.protocol !== own.protocol) return server.protocol < own.protocol ? 'older' : 'newer';
  if (server.version === own.version) return 'same';
  return compareVersions(server.version, own.version) > 0 ? 'newer' : 'older';
}

/** Orders two semantic versions; a pre-release comes before its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (left.core[index] ?? 0) - (right.core[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.pre === right.pre) return 0;
  if (left.pre === '' || right.pre === '') return left.pre === '' ? 1 : -1;
  return left.pre.localeCompare(right.pre, 'en', { numeric: true });
}

function parts(version: string): { core: number[]; pre: string } {
  const plain = version.split('+')[0] ?? '';
  const dash = plain.indexOf('-');
  const core = dash < 0 ? plain : plain.slice(0, dash);
  return { core: core.split('.').map(Number), pre: dash < 0 ? '' : plain.slice(dash + 1) };
}
