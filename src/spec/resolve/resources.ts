import type { ContainerSettings } from '../../model/index.ts';
import { child, entriesOf, type Node } from '../text/node.ts';
import { durationMs } from '../text/units.ts';
import type { Context } from './context.ts';
import { defined, integerAt, listAt, numberAt, pairsAt, sizeAt, textAt, textsAt } from './get.ts';

type Resources = Pick<
  ContainerSettings,
  | 'nanoCpus'
  | 'cpuCount'
  | 'cpuPercent'
  | 'cpuShares'
  | 'cpuPeriod'
  | 'cpuQuota'
  | 'cpuRtPeriod'
  | 'cpuRtRuntime'
  | 'cpuset'
  | 'memoryBytes'
  | 'memoryReservationBytes'
  | 'memorySwapBytes'
  | 'memorySwappiness'
  | 'pidsLimit'
  | 'blkio'
  | 'ulimits'
  | 'deviceRequests'
>;

/** CPU, memory, disk and device limits, from a service's own keys and `deploy.resources`. */
export function resolveResources(name: string, service: Node, context: Context): Resources {
  const limits = child(service, 'deploy', 'resources', 'limits');
  const reserved = child(service, 'deploy', 'resources', 'reservations');
  const both = (
    key: string,
    other: Node | undefined,
    otherKey: string,
    read: (node: Node | undefined, key: string) => number | undefined,
  ): number | undefined => {
    const [own, deployed] = [read(service, key), read(other, otherKey)];
    if (own !== undefined && deployed !== undefined && own !== deployed) {
      const mark = child(service, key)?.mark ?? service.mark;
      context.problems.error(mark, `\`services.${name}.${key}\` and \`deploy.resources\` say different things about the same limit`);
    }
    return own ?? deployed;
  };
  const cpus = both('cpus', limits, 'cpus', numberAt);
  const reservedCpus = numberAt(reserved, 'cpus');
  return defined({
    nanoCpus: cpus === undefined ? undefined : Math.round(cpus * 1e9),
    cpuCount: integerAt(service, 'cpu_count'),
    cpuPercent: numberAt(service, 'cpu_percent'),
    cpuShares: integerAt(service, 'cpu_shares') ?? (reservedCpus === undefined ? undefined : Math.max(2, Math.round(reservedCpus * 1024))),
    cpuPeriod: microseconds(service, 'cpu_period'),
    cpuQuota: microseconds(service, 'cpu_quota'),
    cpuRtPeriod: microseconds(service, 'cpu_rt_period'),
    cpuRtRuntime: microseconds(service, 'cpu_rt_runtime'),
    cpuset: textAt(service, 'cpuset'),
    memoryBytes: both('mem_limit', limits, 'memory', sizeAt),
    memoryReservationBytes: both('mem_reservation', reserved, 'memory', sizeAt),
    memorySwapBytes: sizeAt(service, 'memswap_limit'),
    memorySwappiness: integerAt(service, 'mem_swappiness'),
    pidsLimit: both('pids_limit', limits, 'pids', integerAt),
    blkio: resolveBlkio(child(service, 'blkio_config')),
    ulimits: resolveUlimits(child(service, 'ulimits')),
    deviceRequests: [...listAt(reserved, 'devices'), ...listAt(service, 'gpus')].map((item) => deviceRequest(item, context)),
  });
}

function microseconds(service: Node, key: string): number | undefined {
  const value = integerAt(service, key);
  if (value !== undefined) return value;
  const ms = durationMs(textAt(service, key) ?? '');
  return ms === undefined ? undefined : ms * 1000;
}

function resolveBlkio(node: Node | undefined): ContainerSettings['blkio'] {
  if (node?.kind !== 'map') return undefined;
  const throttle = (key: string): { path: string; rate: number }[] =>
    listAt(node, key).flatMap((item) => {
      const [path, rate] = [textAt(item, 'path'), sizeAt(item, 'rate')];
      return path === undefined || rate === undefined ? [] : [{ path, rate }];
    });
  return defined({
    weight: integerAt(node, 'weight'),
    weightDevice: listAt(node, 'weight_device').flatMap((item) => {
      const [path, weight] = [textAt(item, 'path'), integerAt(item, 'weight')];
      return path === undefined || weight === undefined ? [] : [{ path, weight }];
    }),
    readBps: throttle('device_read_bps'),
    readIops: throttle('device_read_iops'),
    writeBps: throttle('device_write_bps'),
    writeIops: throttle('device_write_iops'),
  });
}

/** Limits of the process; one number is both. */
export function resolveUlimits(node: Node | undefined): ContainerSettings['ulimits'] {
  const result: ContainerSettings['ulimits'] = {};
  for (const [name, { value }] of entriesOf(node)) {
    const soft = integerAt(value, 'soft') ?? integerAt(value);
    const hard = integerAt(value, 'hard') ?? integerAt(value);
    if (soft !== undefined && hard !== undefined) result[name] = { soft, hard };
  }
  return result;
}

function deviceRequest(item: Node, context: Context): ContainerSettings['deviceRequests'][number] {
  const ids = textsAt(item, 'device_ids');
  const count = textAt(item, 'count');
  const number = integerAt(item, 'count');
  if (ids !== undefined && count !== undefined) context.problems.error(item.mark, '`count` and `device_ids` exclude each other');
  if (count !== undefined && number === undefined && count.toLowerCase() !== 'all') {
    context.problems.error(child(item, 'count')?.mark ?? item.mark, `\`count\` is \`${count}\`; it must be \`all\` or a number`);
  }
  const capabilities = textsAt(item, 'capabilities') ?? [];
  return defined({
    driver: textAt(item, 'driver'),
    count: ids === undefined ? (number ?? -1) : undefined,
    deviceIds: ids ?? [],
    capabilities: capabilities.length === 0 ? ['gpu'] : capabilities,
    options: pairsAt(item, 'options'),
  });
}
