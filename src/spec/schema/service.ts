import { build, grant, ulimits } from './build.ts';
import { deploy, deviceRequestKeys } from './deploy.ts';
import { extraHosts } from './hosts.ts';
import { hook } from './hook.ts';
import { credentialSpec, develop, preStart, provider, serviceModels } from './idle-keys.ts';
import { extension } from './include.ts';
import {
  acts,
  assignments,
  boolean,
  command,
  dictionaryOf,
  duration,
  either,
  formatted,
  integer,
  integerFrom,
  listOf,
  nothing,
  number,
  object,
  oneOfWords,
  refused,
  reported,
  size,
  string,
  stringOrList,
  text,
  type Field,
  type Shape,
} from './shape.ts';
import { serviceBerth } from './x-berth.ts';

const throttle = listOf(object({ path: acts(string, 'The device.'), rate: acts(size, 'The limit per second.') }, ['path', 'rate']));

const blkio: Shape = object({
  weight: acts(integerFrom(10, 1000), 'The share of disk time.'),
  weight_device: acts(
    listOf(object({ path: acts(string, 'The device.'), weight: acts(integerFrom(10, 1000), 'The share.') }, ['path', 'weight'])),
    'The share for one device.',
  ),
  device_read_bps: acts(throttle, 'Bytes read per second.'),
  device_read_iops: acts(throttle, 'Reads per second.'),
  device_write_bps: acts(throttle, 'Bytes written per second.'),
  device_write_iops: acts(throttle, 'Writes per second.'),
});

const healthcheck: Shape = object({
  test: acts(either(string, listOf(string)), 'The command; a list starts with `CMD`, `CMD-SHELL` or `NONE`.'),
  interval: acts(duration, 'Time between two checks.'),
  timeout: acts(duration, 'Time that a check has.'),
  retries: acts(integerFrom(0), 'Failures in a row until it counts as unhealthy.'),
  start_period: acts(duration, 'Time in which failures do not count.'),
  start_interval: acts(duration, 'Time between two checks in the start period.'),
  disable: acts(boolean, 'Switches off the check of the image.'),
});

const port: Shape = either(
  integerFrom(1, 65_535),
  formatted('mapped-port'),
  object(
    {
      target: acts(integerFrom(1, 65_535), 'The port in the container.'),
      published: acts(
        either(integerFrom(1, 65_535), formatted('port')),
        'The port of the machine, or a range of which the first free one is taken.',
      ),
      host_ip: acts(formatted('ip'), 'The address of the machine; every one when left out.'),
      protocol: acts(oneOfWords('tcp', 'udp'), 'TCP goes through the data plane, UDP straight to the one instance.'),
      app_protocol: acts(string, '`http` or `https` say that the data plane may read it as HTTP, when `x-berth.protocol` is left out.'),
      mode: acts(oneOfWords('ingress', 'host'), 'The same thing on one machine.'),
      name: acts(string, 'A name for people.'),
    },
    ['target'],
  ),
);

const volume: Shape = either(
  formatted('volume'),
  object(
    {
      type: acts(oneOfWords('bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image'), 'What is mounted.'),
      source: acts(string, 'A path of the machine, a key under `volumes`, or an image.'),
      target: acts(string, 'Where in the container.'),
      read_only: acts(boolean, 'Cannot be written to.'),
      consistency: acts(string, 'Passed on; Linux has one kind only.'),
      bind: acts(
        object({
          propagation: acts(oneOfWords('private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'), 'How mounts below it spread.'),
          create_host_path: acts(boolean, 'Makes the directory when it is missing; true when left out.'),
          recursive: acts(oneOfWords('enabled', 'disabled', 'writable', 'readonly'), 'What holds for mounts below it.'),
          selinux: acts(oneOfWords('z', 'Z'), 'Relabels it, shared or private.'),
        }),
        'For `bind`.',
      ),
      volume: acts(
        object({
          labels: acts(assignments, 'Labels of a volume that the mount makes.'),
          nocopy: acts(boolean, 'Does not fill it from the image.'),
          subpath: acts(string, 'A directory in it (engine 26 and later).'),
        }),
        'For `volume`.',
      ),
      tmpfs: acts(
        object({ size: acts(size, 'How large it may grow.'), mode: acts(either(integer, formatted('mode')), 'Permissions.') }),
        'For `tmpfs`.',
      ),
      image: acts(object({ subpath: acts(string, 'A directory in it.') }), 'For `image` (engine 28 and later).'),
    },
    ['type', 'target'],
  ),
);

const networks: Shape = either(
  listOf(string),
  dictionaryOf(
    either(
      nothing,
      object({
        aliases: acts(listOf(string), 'More names on this network.'),
        interface_name: acts(string, 'Name of the interface in the container (engine 28 and later).'),
        ipv4_address: acts(formatted('ip'), 'A fixed address.'),
        ipv6_address: acts(formatted('ip'), 'A fixed address.'),
        link_local_ips: acts(listOf(formatted('ip')), 'More addresses.'),
        mac_address: acts(string, 'The hardware address.'),
        driver_opts: acts(dictionaryOf(text), 'Options of the network driver.'),
        use_service_name_alias: reported(boolean, 'The name of the service is always one of its names.'),
        priority: acts(number, 'The highest is connected first.'),
        gw_priority: acts(number, 'The highest gives the default route (engine 28 and later).'),
      }),
    ),
  ),
);

const dependsOn: Shape = either(
  listOf(string),
  dictionaryOf(
    object(
      {
        condition: acts(
          oneOfWords('service_started', 'service_healthy', 'service_completed_successfully'),
          'What is waited for; the last makes the other service a job that runs once per release.',
        ),
        restart: acts(boolean, 'Rolls this service when the other was replaced.'),
        required: acts(boolean, 'With `false` the other service may be left out.'),
      },
      ['condition'],
    ),
  ),
);

const device: Shape = either(
  formatted('device'),
  object(
    {
      source: acts(string, 'The device, or the name of a CDI device.'),
      target: acts(string, 'Where in the container.'),
      permissions: acts(string, '`r`, `w`, `m`; all when left out.'),
    },
    ['source'],
  ),
);

const pullPolicy =
  'When the image is pulled: `missing` (or `if_not_present`), `always`, `never`, `build`; `daily`, `weekly`, `every_…` and `refresh` pull at each `berth up`.';

/** The keys of a service but those that hold whole services again. */
export const plainKeys: Readonly<Record<string, Field>> = {
  image: acts(formatted('image'), 'Used as it is; pulled when the engine does not have it.'),
  build: acts(build, 'Built from source with BuildKit.'),
  platform: acts(string, 'The platform that is pulled or built.'),
  pull_policy: acts(formatted('pull-policy'), pullPolicy),
  pull_refresh_after: acts(duration, 'With `pull_policy: refresh`, which pulls at each `berth up`.'),
  command: acts(command, 'Replaces the command of the image.'),
  entrypoint: acts(command, 'Replaces the entry point of the image.'),
  working_dir: acts(string, 'The working directory.'),
  user: acts(string, 'The user that runs the process.'),
  umask: reported(text, 'The engine has no setting for it.'),
  group_add: acts(listOf(either(string, integer)), 'More groups.'),
  environment: acts(assignments, 'Variables; one without a value is taken from the environment of `berth up`.'),
  env_file: acts(
    either(
      string,
      listOf(
        either(
          string,
          object(
            {
              path: acts(string, 'The file.'),
              required: acts(boolean, 'With `false` it may be missing.'),
              format: acts(oneOfWords('raw'), '`raw` takes values as they are.'),
            },
            ['path'],
          ),
        ),
      ),
    ),
    'Read when the file is loaded; `environment` wins over it.',
  ),
  ports: acts(listOf(port), 'TCP ports are bound by the data plane, which shares them over the instances.'),
  expose: acts(listOf(either(integer, formatted('exposed-port'))), 'Ports that the application listens on.'),
  depends_on: acts(dependsOn, 'The order of a rollout, and what is waited for.'),
  healthcheck: acts(healthcheck, "The engine's own check; a gate of the rollout when `x-berth.probe` is left out."),
  deploy: acts(deploy, 'How many, with which resources, and how a rollout moves.'),
  scale: acts(integerFrom(0), 'The same as `deploy.replicas`.'),
  restart: acts(formatted('restart'), '`no`, `always`, `on-failure[:N]`, `unless-stopped`; the last when left out.'),
  stop_signal: acts(string, 'What tells the process to end.'),
  stop_grace_period: acts(duration, 'Time until it is killed; `10s` when left out.'),
  init: acts(boolean, 'An init process that forwards signals and reaps children.'),
  volumes: acts(listOf(volume), 'Mounts. A named volume is `<project>_<name>`.'),
  volumes_from: acts(listOf(string), "The other service's mounts that have a source; `container:NAME` takes all of that container's."),
  tmpfs: acts(stringOrList, 'Directories in memory, with mount options after `:`.'),
  secrets: acts(listOf(grant), 'Read-only files; the bytes belong to the release.'),
  configs: acts(listOf(grant), 'Read-only files; the bytes belong to the release.'),
  networks: acts(networks, 'The networks of the containers; `default` when left out.'),
  network_mode: acts(string, '`host`, `none`, `bridge`, `service:NAME` or `container:NAME`, instead of `networks`.'),
  links: acts(listOf(string), 'A dependency, and a further name for the other service on the networks that both have.'),
  external_links: acts(listOf(string), 'Names for containers that are not of this project.'),
  hostname: acts(string, 'The host name in the container.'),
  domainname: acts(string, 'The domain name in the container.'),
  mac_address: acts(string, 'The hardware address on the first network.'),
  dns: acts(stringOrList, 'Name servers.'),
  dns_search: acts(stringOrList, 'Search domains.'),
  dns_opt: acts(listOf(string), 'Options of the resolver.'),
  extra_hosts: acts(extraHosts, 'Lines of `/etc/hosts`.'),
  container_name: acts(formatted('container-name'), 'A fixed name: one instance, replaced stop-first.'),
  labels: acts(assignments, 'Labels of the containers.'),
  label_file: acts(stringOrList, 'Read when the file is loaded; `labels` wins over it.'),
  annotations: acts(assignments, 'Annotations for the runtime (engine 25 and later).'),
  logging: acts(
    object({ driver: acts(string, 'The log driver.'), options: acts(dictionaryOf(text), 'Its options.') }),
    'Where the output goes; `json-file`, 10 MB × 3 when left out.',
  ),
  profiles: acts(listOf(string), 'The service is left out unless one of them is chosen.'),
  attach: acts(boolean, '`berth up` never attaches to the output.'),
  tty: acts(boolean, 'A terminal.'),
  stdin_open: acts(boolean, 'Standard input stays open.'),
  read_only: acts(boolean, 'The root file system cannot be written to.'),
  privileged: acts(boolean, 'Every capability and device.'),
  cap_add: acts(listOf(string), 'More capabilities.'),
  cap_drop: acts(listOf(string), 'Fewer capabilities.'),
  security_opt: acts(listOf(string), 'Security profiles; a seccomp file is read when the file is loaded.'),
  userns_mode: acts(string, 'The user namespace.'),
  ipc: acts(string, 'The IPC namespace, also `service:NAME`.'),
  pid: acts(either(nothing, string), 'The process namespace, also `service:NAME`.'),
  uts: acts(string, 'The UTS namespace.'),
  cgroup: acts(oneOfWords('host', 'private'), 'The cgroup namespace.'),
  cgroup_parent: acts(string, 'The parent cgroup.'),
  runtime: acts(string, 'The OCI runtime.'),
  sysctls: acts(assignments, 'Kernel parameters.'),
  ulimits: acts(ulimits, 'Limits of the process.'),
  devices: acts(listOf(device), 'Devices of the machine; also CDI names.'),
  device_cgroup_rules: acts(listOf(string), 'Rules for devices.'),
  gpus: acts(either(oneOfWords('all'), listOf(object(deviceRequestKeys))), 'Asks the engine for GPUs.'),
  shm_size: acts(size, 'Size of `/dev/shm`.'),
  storage_opt: acts(dictionaryOf(text), 'Options of the storage driver.'),
  blkio_config: acts(blkio, 'Shares and limits of disk traffic.'),
  cpus: acts(number, 'CPU time, in cores.'),
  cpu_count: acts(integerFrom(0), 'Passed on; the engine uses it on Windows only.'),
  cpu_percent: acts({ type: 'number', min: 0, max: 100 }, 'Passed on; the engine uses it on Windows only.'),
  cpu_shares: acts(integer, 'The share of CPU time.'),
  cpu_period: acts(either(integer, duration), 'Period of the CPU quota.'),
  cpu_quota: acts(either(integer, duration), 'Quota within a period.'),
  cpu_rt_period: acts(either(integer, duration), 'Period of the real-time quota.'),
  cpu_rt_runtime: acts(either(integer, duration), 'Real-time quota.'),
  cpuset: acts(string, 'The cores it may use.'),
  mem_limit: acts(size, 'Memory.'),
  mem_reservation: acts(size, 'A soft limit of memory.'),
  mem_swappiness: acts(integerFrom(-1, 100), 'How eagerly its memory is swapped out.'),
  memswap_limit: acts(size, 'Memory and swap together; `-1` for no limit.'),
  oom_kill_disable: acts(boolean, 'Is not killed when memory is short.'),
  oom_score_adj: acts(integerFrom(-1000, 1000), 'How likely it is killed when memory is short.'),
  pids_limit: acts(integer, 'Processes and threads; `-1` for no limit.'),
  post_start: acts(listOf(hook), 'Commands run in the container after it has started.'),
  pre_stop: acts(listOf(hook), 'Commands run in the container before it is told to stop.'),
  use_api_socket: acts(boolean, "Mounts the engine's socket. Registry credentials are not passed on."),
  extends: acts(extension, 'Takes the keys of another service, of this file or another one; its own keys are laid over them.'),
  credential_spec: reported(credentialSpec, 'Windows only.'),
  isolation: reported(string, 'Windows only.'),
  develop: reported(develop, 'For `docker compose watch`.'),
  models: reported(serviceModels, 'No effect yet.'),
  provider: reported(provider, 'No effect yet; a service with one has no containers and is left out.'),
  'x-berth': acts(serviceBerth, 'What Compose has no word for.'),
};

/** Every key of a service, in the order of the reference page. */
export const serviceKeys: Readonly<Record<string, Field>> = {
  ...plainKeys,
  pre_start: refused(
    listOf(preStart(plainKeys)),
    'Not built yet; a service without its preparation would be another thing. `x-berth.release`, or a service awaited by `service_completed_successfully`, does it once per release.',
  ),
};

/** `services.*` */
export const service: Shape = object(serviceKeys);
