import { docker } from '../e2e/harness/index.ts';

/** A HAProxy in the host's network as a careful person would set it up without berth. */
export type ByHand = {
  readonly port: number;
  /** What follows the port of its `bind`. */
  readonly tls?: string | undefined;
  /** Where the application is, `address:port`. */
  readonly server: string;
  readonly log: readonly string[];
  /** Sends again what a server that was just stopped did not answer, as far as that is safe. */
  readonly repeats: boolean;
};

/** Its configuration: forwards what the edge forwards. */
export function handConfiguration({ port, tls, server, log, repeats }: ByHand): string {
  return `global
  uid 65532
  gid 65532
defaults
  mode http
  timeout client 60s
  timeout connect 5s
  timeout server 60s
  timeout http-keep-alive 10s
${[...log, repeats ? '  option redispatch 1\n  retries 3\n  retry-on conn-failure empty-response' : ''].join('\n')}
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
  server one ${server} check
`;
}

/** Starts the edge's image with a configuration of our own, in whose directory it finds what it names. */
export async function startHaproxy(input: {
  readonly name: string;
  readonly image: string;
  readonly directory: string;
  readonly file: string;
}) {
  const { name, image, directory, file } = input;
  const command = ['--entrypoint', 'haproxy', image, '-W', '-db', '-f', `/hand/${file}`];
  await docker('run', '-d', '--name', name, '--network', 'host', '-v', `${directory}:/hand:ro`, ...command);
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      await docker('rm', '-f', name);
    },
  };
}
