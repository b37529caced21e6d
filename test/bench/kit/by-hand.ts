import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from '../../e2e/harness/index.ts';

/** A HAProxy as a careful person would set it up without berth. */
export type ByHand = {
  readonly port: number;
  /** Absent: as many as there are processors. */
  readonly threads?: number;
  /** What follows the port of its `bind`. */
  readonly tls?: string | undefined;
  /** Where the application's instances are, `address:port`. */
  readonly servers: readonly string[];
  /** How it logs, as the edge does it; absent: it does not. */
  readonly log?: AccessLog | undefined;
  /** Sends again what a server that was just stopped did not answer, as far as that is safe. */
  readonly repeats: boolean;
};

/** Its configuration: forwards what the edge forwards. */
export function handConfiguration({ port, threads, tls, servers, log, repeats }: ByHand): string {
  return `global
  uid 65532
  gid 65532
${[...(threads === undefined ? [] : [`  nbthread ${threads}`]), ...(log?.globals ?? []), ...(log?.ring ?? [])].join('\n')}
defaults
  mode http
  timeout client 60s
  timeout connect 5s
  timeout server 60s
  timeout http-keep-alive 10s
${[...(log?.defaults ?? []), repeats ? '  option redispatch 1\n  retries 3\n  retry-on conn-failure empty-response' : ''].join('\n')}
frontend in
  bind :${port}${tls === undefined ? '' : ` ${tls}`}
  option forwardfor
  http-request set-header X-Forwarded-Proto ${tls === undefined ? 'http' : 'https'}
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Real-IP %[src]
  default_backend app
backend app
  balance roundrobin
${repeats ? '  http-request disable-l7-retry unless { method GET HEAD OPTIONS }' : ''}
${servers.map((server, i) => `  server s${i} ${server} check`).join('\n')}
`;
}

/** The parts of a configuration that make the access log. */
export type AccessLog = { readonly globals: readonly string[]; readonly ring: readonly string[]; readonly defaults: readonly string[] };

/** How a running edge logs, sent to a socket of our own (as its container sees it); undefined where it does not. */
export function accessLogOf(configuration: string, socket: string): AccessLog | undefined {
  const lines = configuration.split('\n');
  const start = lines.indexOf('ring access');
  if (start === -1) return undefined;
  const length = lines.slice(start + 1).findIndex((line) => !line.startsWith('  '));
  const ring = lines.slice(start, start + 1 + length).map((line) => line.replace(/unix@.*/, `unix@${socket}`));
  const defaults = lines.filter((line) => /^ {2}(log |option dontlognull|log-format .*%ST)/.test(line));
  return { globals: lines.filter((line) => line.includes('proc.berth_born date')), ring, defaults: [...new Set(defaults)] };
}

/** The same configuration without an access log, as far as it can run by hand: on another port, and without a command line. */
export function withoutAccessLog(configuration: string, port: { readonly from: number; readonly to: number }): string {
  const ring = accessLogOf(configuration, '')?.ring ?? [];
  const dropped = /^ {2}(log |log-format |option dontlognull|stats socket|set-var proc\.)/;
  const kept = configuration.split('\n').filter((line) => !dropped.test(line) && !ring.includes(line.replace(/unix@.*/, 'unix@')));
  return kept.map((line) => (line.startsWith('  bind ') ? line.replace(`:${port.from}`, `:${port.to}`) : line)).join('\n') + '\n';
}

/** Starts the edge's image with a configuration of our own, in whose directory it finds what it names. */
export async function startHaproxy(input: {
  readonly name: string;
  readonly image: string;
  readonly directory: string;
  readonly file: string;
  /** Waited for until it is bound. */
  readonly port?: number;
  /** Absent: the host's. */
  readonly network?: string;
}) {
  const { name, image, directory, file, port, network = 'host' } = input;
  const command = ['--entrypoint', 'haproxy', image, '-W', '-db', '-f', `/hand/${file}`];
  await docker('run', '-d', '--name', name, '--network', network, '-v', `${directory}:/hand:ro`, ...command);
  if (port !== undefined && !(await opens(port))) throw new Error(`${name} does not listen; \`docker logs ${name}\` says why.`);
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      await docker('rm', '-f', name);
    },
  };
}

async function opens(port: number): Promise<boolean> {
  for (let tries = 0; ; tries++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('close', () => resolve(false)).setTimeout(1000, () => socket.destroy());
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen || tries === 200) return isOpen;
    await sleep(50);
  }
}
