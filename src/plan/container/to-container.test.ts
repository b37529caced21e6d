import { describe, expect, it } from 'vitest';
import { loadFiles } from '../../../test/fakes/spec-files.ts';
import type { Project, Service } from '../../model/index.ts';
import { serviceKeys } from '../../spec/schema/service.ts';
import { configHash, toContainer, type ContainerInput } from './index.ts';

const rest = 'networks: {front: , back: }\nvolumes: {data: }\nsecrets: {s: {file: ./s}}\nconfigs: {c: {content: hi}}\n';
const files = { 'a.env': 'E=e', 'l.env': 'l=1', s: 'secret', 'p.json': '{}', Dockerfile: 'FROM x' };

async function projectOf(keys: string): Promise<Project> {
  const text = `services:\n  web: {image: x${keys === '' ? '' : `, ${keys}`}}\n  db: {image: d, volumes: ["data:/db"]}\n${rest}`;
  return (await loadFiles({ ...files, 'compose.yaml': text })).project;
}

async function serviceOf(keys: string): Promise<Service> {
  const service = (await projectOf(keys)).services.find((s) => s.name === 'web');
  if (service === undefined) throw new Error('the profile is not chosen');
  return service;
}

function inputOf(service: Service, more: Partial<ContainerInput> = {}): ContainerInput {
  return {
    service,
    image: 'sha256:1',
    labels: { 'dev.berth.app': 'shop' },
    networks: service.networks.map((n, i) => ({
      name: `shop_${n.network}`,
      key: n.network,
      address: `10.200.0.${String(i + 2)}`,
      named: true,
    })),
    volumes: { data: 'shop_data' },
    secrets: { environment: {}, files: [] },
    files: service.files.map((f) => `/kept/${f.sha256.slice(0, 4)}`),
    carried: [],
    once: false,
    containerOf: (name) => `shop-${name}-1`,
    ...more,
  };
}

const body = async (keys: string, more: Partial<ContainerInput> = {}) => toContainer(inputOf(await serviceOf(keys), more)).body;

describe('toContainer', () => {
  it('asks for a plain service with limits on its log, a restart policy and its name on the network', async () => {
    expect(toContainer(inputOf(await serviceOf('')))).toEqual({
      body: {
        Image: 'sha256:1',
        Labels: { 'dev.berth.app': 'shop' },
        Env: [],
        StopTimeout: 10,
        HostConfig: {
          NetworkMode: 'shop_default',
          RestartPolicy: { Name: 'unless-stopped' },
          LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
        },
        NetworkingConfig: { EndpointsConfig: { shop_default: { Aliases: ['web'], IPAMConfig: { IPv4Address: '10.200.0.2' } } } },
      },
      connect: [],
    });
  });

  it.each<[string, object]>([
    ['command: a "b c", entrypoint: []', { Cmd: ['a', 'b c'], Entrypoint: [] }],
    ['environment: {A: 1}, env_file: a.env', { Env: ['E=e', 'A=1'] }],
    [
      'ports: ["80:3000", "53:53/udp"], expose: [9000, "9001/udp"]',
      {
        ExposedPorts: { '3000/tcp': {}, '53/udp': {}, '9000/tcp': {}, '9001/udp': {} },
        HostConfig: { PortBindings: { '53/udp': [{ HostPort: '53' }] } },
      },
    ],
    [
      'user: "1:2", working_dir: /w, hostname: h, domainname: d, tty: true, stdin_open: true',
      { User: '1:2', WorkingDir: '/w', Hostname: 'h', Domainname: 'd', Tty: true, OpenStdin: true },
    ],
    ['stop_signal: SIGINT, stop_grace_period: 1500ms', { StopSignal: 'SIGINT', StopTimeout: 2 }],
    [
      'healthcheck: {test: x, interval: 1s, retries: 4}',
      { Healthcheck: { Test: ['CMD-SHELL', 'x'], Interval: 1_000_000_000, Retries: 4 } },
    ],
    ['healthcheck: {disable: true}', { Healthcheck: { Test: ['NONE'] } }],
    ['restart: "on-failure:3"', { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } } }],
    ['deploy: {restart_policy: {condition: none}}', { HostConfig: { RestartPolicy: { Name: 'no' } } }],
    ['logging: {options: {tag: x}}', { HostConfig: { LogConfig: { Type: '', Config: { tag: 'x' } } } }],
    [
      'cpus: 0.5, mem_limit: 1g, memswap_limit: -1, pids_limit: 5',
      { HostConfig: { NanoCpus: 500_000_000, Memory: 1_073_741_824, MemorySwap: -1, PidsLimit: 5 } },
    ],
    ['volumes: ["./a:/a:ro,z"]', { HostConfig: { Binds: ['/work/shop/a:/a:ro,z'] } }],
    [
      'volumes: ["data:/d", /anon]',
      {
        HostConfig: {
          Mounts: [
            { Type: 'volume', Source: 'shop_data', Target: '/d' },
            { Type: 'volume', Target: '/anon' },
          ],
        },
      },
    ],
    [
      'volumes: [{type: bind, source: /a, target: /b, bind: {create_host_path: false, recursive: readonly}}]',
      { HostConfig: { Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', BindOptions: { ReadOnlyForceRecursive: true } }] } },
    ],
    [
      'volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1m, mode: 0700}}], tmpfs: "/r:size=2m"',
      {
        HostConfig: {
          Mounts: [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1_048_576, Mode: 448 } }],
          Tmpfs: { '/r': 'size=2m' },
        },
      },
    ],
    [
      'volumes: [{type: image, source: i, target: /i, image: {subpath: s}}]',
      { HostConfig: { Mounts: [{ Type: 'image', Source: 'i', Target: '/i', ImageOptions: { Subpath: 's' } }] } },
    ],
    ['configs: [c]', { HostConfig: { Mounts: [{ Type: 'bind', Source: '/kept/8f43', Target: '/c', ReadOnly: true }] } }],
    [
      'security_opt: [systempaths=unconfined, "label:type:t"]',
      { HostConfig: { SecurityOpt: ['label=type:t'], MaskedPaths: [], ReadonlyPaths: [] } },
    ],
    [
      'devices: ["/dev/a:/dev/b:r", "vendor.com/gpu=0"]',
      {
        HostConfig: {
          Devices: [{ PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'r' }],
          DeviceRequests: [{ Driver: 'cdi', DeviceIDs: ['vendor.com/gpu=0'] }],
        },
      },
    ],
    ['gpus: all', { HostConfig: { DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }] } }],
    ['ipc: "service:db", pid: host', { HostConfig: { IpcMode: 'container:shop-db-1', PidMode: 'host' } }],
    ['extra_hosts: {a: ["1.1.1.1", "::1"]}', { HostConfig: { ExtraHosts: ['a:1.1.1.1', 'a:::1'] } }],
  ])('%s', async (keys, expected) => {
    expect(await body(keys)).toMatchObject(expected);
  });

  it('joins the first network at once and the others afterwards, each by the name of the service', async () => {
    const service = await serviceOf(
      'networks: {front: {aliases: [shop], mac_address: "02:00:00:00:00:01"}, back: {interface_name: eth9, gw_priority: 2}}, external_links: ["old:legacy"]',
    );
    const { body: made, connect } = toContainer(inputOf(service));
    expect(made.NetworkingConfig?.EndpointsConfig).toEqual({
      shop_front: {
        Aliases: ['web', 'shop'],
        MacAddress: '02:00:00:00:00:01',
        Links: ['old:legacy'],
        IPAMConfig: { IPv4Address: '10.200.0.2' },
      },
    });
    expect(connect).toEqual([
      {
        network: 'shop_back',
        endpoint: {
          Aliases: ['web'],
          Links: ['old:legacy'],
          IPAMConfig: { IPv4Address: '10.200.0.3' },
          DriverOpts: { 'com.docker.network.endpoint.ifname': 'eth9' },
          GwPriority: 2,
        },
      },
    ]);
  });

  it('makes a one-off container that stays down, takes no port and no name', async () => {
    const made = await body('ports: ["53:53/udp"], restart: always, mac_address: "02:00:00:00:00:01", entrypoint: e', {
      once: true,
      command: ['migrate'],
    });
    expect(made).toMatchObject({ Cmd: ['migrate'], Entrypoint: ['e'], HostConfig: { RestartPolicy: { Name: 'no' } } });
    expect(made.HostConfig).not.toHaveProperty('PortBindings');
    expect(made).not.toHaveProperty('MacAddress');
    expect(made.NetworkingConfig?.EndpointsConfig['shop_default']).toEqual({ IPAMConfig: { IPv4Address: '10.200.0.2' } });
  });

  it('carries the anonymous volumes of a predecessor', async () => {
    const made = await body('', { carried: [{ name: 'f'.repeat(64), target: '/var/lib/x' }] });
    expect(made.HostConfig['Mounts']).toEqual([{ Type: 'volume', Source: 'f'.repeat(64), Target: '/var/lib/x' }]);
  });
});

/** For each key of a service a use of it. */
const uses: Readonly<Record<string, string>> = {
  image: 'x',
  platform: 'linux/arm64',
  working_dir: '/w',
  command: 'c',
  entrypoint: 'e',
  user: 'u',
  group_add: '[1]',
  environment: '{A: 1}',
  env_file: 'a.env',
  ports: '["80"]',
  expose: '[80]',
  healthcheck: '{test: x}',
  restart: 'always',
  stop_signal: 'SIGINT',
  stop_grace_period: '3s',
  init: 'true',
  volumes: '[/v]',
  volumes_from: '[db]',
  tmpfs: '/t',
  secrets: '[s]',
  configs: '[c]',
  networks: '[front]',
  network_mode: 'host',
  external_links: '["a:b"]',
  hostname: 'h',
  domainname: 'd',
  mac_address: '"02:00:00:00:00:01"',
  dns: '1.1.1.1',
  dns_search: 'd',
  dns_opt: '[o]',
  extra_hosts: '["a:1.1.1.1"]',
  labels: '{a: b}',
  label_file: 'l.env',
  annotations: '{a: b}',
  logging: '{driver: none}',
  tty: 'true',
  stdin_open: 'true',
  read_only: 'true',
  privileged: 'true',
  cap_add: '[A]',
  cap_drop: '[A]',
  security_opt: '[no-new-privileges]',
  userns_mode: 'host',
  ipc: 'host',
  pid: 'host',
  uts: 'host',
  cgroup: 'host',
  cgroup_parent: 'p',
  runtime: 'r',
  sysctls: '{a: 1}',
  ulimits: '{nofile: 1}',
  devices: '[/dev/null]',
  device_cgroup_rules: '["c 1:3 mr"]',
  gpus: 'all',
  shm_size: '1m',
  storage_opt: '{size: 1g}',
  blkio_config: '{weight: 10, device_read_bps: [{path: /d, rate: 1m}]}',
  cpus: '1',
  cpu_count: '1',
  cpu_percent: '1',
  cpu_shares: '1',
  cpu_period: '1000',
  cpu_quota: '50ms',
  cpu_rt_period: '1',
  cpu_rt_runtime: '1',
  cpuset: '"0"',
  mem_limit: '1g',
  mem_reservation: '1g',
  mem_swappiness: '1',
  memswap_limit: '1g',
  oom_kill_disable: 'true',
  oom_score_adj: '1',
  pids_limit: '1',
  use_api_socket: 'true',
};

/** Keys that others than the container's body act on: the plan, the run, the builder, the names of another service. */
const elsewhere: Readonly<Record<string, string>> = {
  build: '.',
  pull_policy: 'always',
  depends_on: '[db]',
  deploy: '{replicas: 2}',
  scale: '2',
  links: '["db:x"]',
  container_name: 'one',
  post_start: '[{command: c}]',
  pre_stop: '[{command: c}]',
  platform: 'linux/arm64',
  'x-berth': '{port: 1}',
};

/** Keys that decide about the load itself, or whose whole effect is that nothing else happens. */
const ofTheLoad = ['image', 'profiles', 'attach', 'pull_refresh_after', 'extends'];

describe('every key of a service', () => {
  it('has a use here', () => {
    const acting = Object.entries(serviceKeys).flatMap(([key, field]) => (field.effect === 'acts' ? [key] : []));
    const known = new Set([...Object.keys(uses), ...Object.keys(elsewhere), ...ofTheLoad]);
    expect(acting.filter((key) => !known.has(key))).toEqual([]);
  });

  it.each(Object.entries(uses).filter(([key]) => key !== 'image' && key !== 'platform'))(
    '%s changes what the engine is asked for, and what an instance is',
    async (key, value) => {
      const [plain, used] = [await serviceOf(''), await serviceOf(`${key}: ${value}`)];
      expect(toContainer(inputOf(used))).not.toEqual(toContainer(inputOf(plain)));
      expect(configHash({ service: used, imageId: 'i' })).not.toBe(configHash({ service: plain, imageId: 'i' }));
    },
  );

  it.each(Object.entries(elsewhere))('%s changes the project', async (key, value) => {
    const [plain, used] = [await projectOf(''), await projectOf(`${key}: ${value}`)];
    expect({ ...used, places: {} }).not.toEqual({ ...plain, places: {} });
  });
});

describe('configHash', () => {
  it('is the same for the same thing written otherwise, and for what only berth acts on', async () => {
    const hash = async (keys: string) => configHash({ service: await serviceOf(keys), imageId: 'i' });
    const plain = await hash('environment: {A: 1, B: 2}, ports: ["80:3000"]');
    expect(await hash('environment: [B=2, A=1], ports: [{target: 3000, published: 81}]')).toBe(plain);
    expect(await hash('environment: {A: 1, B: 2}, ports: ["80:3000"], scale: 3, depends_on: [db], x-berth: {rollout: {drain: 1s}}')).toBe(
      plain,
    );
    expect(await hash('environment: {A: 1, B: 3}, ports: ["80:3000"]')).not.toBe(plain);
    expect(await hash('environment: {A: 1, B: 2}, ports: ["80:3001"]')).not.toBe(plain);
  });

  it('changes with the image and with the bytes of a file', async () => {
    const service = await serviceOf('secrets: [s]');
    const [grant] = service.files;
    const other = { ...service, files: grant === undefined ? [] : [{ ...grant, sha256: '0' }] };
    const hashes = [
      configHash({ service, imageId: 'i' }),
      configHash({ service, imageId: 'j' }),
      configHash({ service: other, imageId: 'i' }),
    ];
    expect(new Set(hashes).size).toBe(3);
  });

  it('is blind to keys that were added since, as long as they are empty', async () => {
    const service = await serviceOf('');
    const later = { ...service, container: { ...service.container, futureList: [], futureFlag: false, futureMap: {} } };
    expect(configHash({ service: later, imageId: 'i' })).toBe(configHash({ service, imageId: 'i' }));
  });
});
