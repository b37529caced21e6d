import { expect, test } from 'vitest';
import { labels } from '../model/index.ts';
import type { ContainerSummary } from '../ports/index.ts';
import { findPortHolder } from './port-holder.ts';

const container = (over: Partial<ContainerSummary>): ContainerSummary => ({
  id: 'c1',
  name: 'db-1',
  imageId: '',
  state: 'running',
  labels: {},
  addresses: {},
  createdAtMs: 0,
  ...over,
});
const edge = (installation: string, home?: string): ContainerSummary =>
  container({
    name: 'berth-edge-x',
    labels: { [labels.role]: 'edge', [labels.installation]: installation, ...(home === undefined ? {} : { [labels.home]: home }) },
  });

const holder = (says: string | undefined, containers: ContainerSummary[], proc: Record<string, string> = {}): Promise<string | undefined> =>
  findPortHolder(
    {
      engine: { listContainers: async () => containers },
      host: { listenerOn: async () => says },
      installation: 'mine',
      readProc: async (pid, file) => proc[`${pid} ${file}`] ?? '',
    },
    { address: '', port: 80 },
  );

test.each<[string, string | undefined, ContainerSummary[], Record<string, string>, string | undefined]>([
  ['nobody', undefined, [], {}, undefined],
  ['a process of the machine', 'nginx (pid 42)', [container({})], { '42 cgroup': '0::/system.slice/nginx' }, 'nginx (pid 42)'],
  ['a process that may not be seen', 'another process', [container({})], {}, 'another process'],
  ['a container in the host network', 'x (pid 7)', [container({})], { '7 cgroup': '0::/docker/c1' }, 'container db-1'],
  [
    'a published port',
    'docker-proxy (pid 9) for the container at 172.17.0.2:80',
    [container({ addresses: { bridge: '172.17.0.2' } })],
    { '9 cmdline': ['/usr/bin/docker-proxy', '-container-ip', '172.17.0.2', '-container-port', '80'].join('\0') },
    'container db-1',
  ],
  ['our own edge', 'haproxy (pid 3)', [edge('mine')], { '3 cgroup': '12:pids:/docker/c1' }, undefined],
  [
    "another installation's edge",
    'haproxy (pid 3)',
    [edge('theirs', '/srv/two')],
    { '3 cgroup': '12:pids:/docker/c1' },
    'the edge of another berth installation (home /srv/two), container berth-edge-x',
  ],
])('names %s', async (...[, says, containers, proc, expected]) => {
  expect(await holder(says, containers, proc)).toBe(expected);
});
