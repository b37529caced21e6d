import { docker, type Site } from '../../e2e/harness/index.ts';

/** An application that costs as little as can be: HAProxy answering by itself. */
export function answeringApp(image: string): string {
  return `services:
  web:
    image: ${image}
    pull_policy: never
    command: [haproxy, -db, -f, /answer.cfg]
    configs: [{ source: answer, target: /answer.cfg }]
    ports: ["$PORT:3000"]
    x-berth:
      port: 3000
      protocol: http
      probe: { http: /, interval: 200ms, successes: 1, within: 10s }
      rollout: { watch: 1s }
configs:
  answer:
    content: |
      defaults
        mode http
        timeout client 60s
        timeout connect 5s
        timeout server 60s
      frontend answer
        bind :3000
        http-request return status 200 content-type text/plain string ok
`;
}

export async function edgeContainer(site: Site): Promise<string> {
  const { installation } = await site.json<{ installation: string }>('server', 'status');
  return docker('ps', '-q', '--filter', 'label=dev.berth.role=edge', '--filter', `label=dev.berth.installation=${installation}`);
}

/** The configuration that the edge runs. */
export function edgeConfiguration(edge: string): Promise<string> {
  return docker('exec', edge, 'sh', '-c', 'cat "$BERTH_SOCKETS/haproxy.cfg"');
}

export async function instanceAddress(site: Site): Promise<string> {
  const [id = ''] = await site.instances();
  const networks = JSON.parse(await docker('inspect', '-f', '{{json .NetworkSettings.Networks}}', id)) as Record<
    string,
    { IPAddress: string }
  >;
  const address = Object.values(networks)[0]?.IPAddress;
  if (address === undefined || address === '') throw new Error('The instance has no address.');
  return address;
}
