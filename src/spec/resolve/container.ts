import path from 'node:path';
import type { ContainerSettings } from '../../model/index.ts';
import { child, entriesOf, isNull, type Node } from '../text/node.ts';
import { scalarText } from '../text/scalar.ts';
import { decodeText } from '../text/source.ts';
import { hostLines } from './build.ts';
import type { Context } from './context.ts';
import { missing } from './environment.ts';
import { booleanAt, defined, integerAt, listAt, pairsAt, sizeAt, textAt, textsAt } from './get.ts';
import { resolveExposed } from './ports.ts';
import { resolveResources } from './resources.ts';

/** Everything of a service that only the engine acts on. */
export async function resolveContainer(name: string, service: Node, context: Context): Promise<ContainerSettings> {
  return defined({
    ...identity(service),
    ...security(service),
    ...network(service),
    ...resolveResources(name, service, context),
    ...storage(service, context),
    securityOpt: await securityOptions(service, context),
    logging: logging(service),
    restart: restart(service),
    postStart: hooks(service, 'post_start'),
    preStop: hooks(service, 'pre_stop'),
  });
}

function identity(service: Node) {
  return {
    labels: pairsAt(service, 'labels'),
    annotations: pairsAt(service, 'annotations'),
    user: textAt(service, 'user'),
    workingDir: textAt(service, 'working_dir'),
    hostname: textAt(service, 'hostname'),
    domainname: textAt(service, 'domainname'),
    tty: booleanAt(service, 'tty') ?? false,
    stdinOpen: booleanAt(service, 'stdin_open') ?? false,
    init: booleanAt(service, 'init'),
    platform: textAt(service, 'platform'),
    runtime: textAt(service, 'runtime'),
    groupAdd: textsAt(service, 'group_add') ?? [],
    useApiSocket: booleanAt(service, 'use_api_socket') ?? false,
  };
}

function security(service: Node) {
  return {
    readOnly: booleanAt(service, 'read_only') ?? false,
    privileged: booleanAt(service, 'privileged') ?? false,
    capAdd: textsAt(service, 'cap_add') ?? [],
    capDrop: textsAt(service, 'cap_drop') ?? [],
    sysctls: pairsAt(service, 'sysctls'),
    ipc: textAt(service, 'ipc'),
    pid: textAt(service, 'pid'),
    uts: textAt(service, 'uts'),
    cgroup: textAt(service, 'cgroup'),
    cgroupParent: textAt(service, 'cgroup_parent'),
    usernsMode: textAt(service, 'userns_mode'),
    oomKillDisable: booleanAt(service, 'oom_kill_disable'),
    oomScoreAdj: integerAt(service, 'oom_score_adj'),
  };
}

function network(service: Node) {
  return {
    dns: textsAt(service, 'dns') ?? [],
    dnsSearch: textsAt(service, 'dns_search') ?? [],
    dnsOpt: textsAt(service, 'dns_opt') ?? [],
    extraHosts: hostLines(service),
    links: textsAt(service, 'links') ?? [],
    externalLinks: textsAt(service, 'external_links') ?? [],
    macAddress: textAt(service, 'mac_address'),
    exposedUdp: resolveExposed(service).udp,
  };
}

function storage(service: Node, context: Context) {
  const tmpfs: Record<string, string> = {};
  for (const item of listAt(service, 'tmpfs')) {
    const written = textAt(item) ?? '';
    const [target = '', ...options] = written.split(':');
    if (!target.startsWith('/')) context.problems.error(item.mark, `the tmpfs at \`${target}\` needs an absolute path`);
    tmpfs[target] = options.join(':');
  }
  return {
    tmpfs,
    shmSizeBytes: sizeAt(service, 'shm_size'),
    storageOpt: pairsAt(service, 'storage_opt'),
    volumesFrom: (textsAt(service, 'volumes_from') ?? []).flatMap((from) =>
      from.startsWith('container:') ? [from.slice('container:'.length)] : [],
    ),
    deviceCgroupRules: textsAt(service, 'device_cgroup_rules') ?? [],
    devices: listAt(service, 'devices').flatMap((item) => {
      const source = textAt(item, 'source');
      if (source === undefined) return [];
      return [{ source, target: textAt(item, 'target') ?? source, permissions: textAt(item, 'permissions') ?? 'rwm' }];
    }),
  };
}

function logging(service: Node): ContainerSettings['logging'] {
  const node = child(service, 'logging');
  return node?.kind === 'map' ? defined({ driver: textAt(node, 'driver'), options: pairsAt(node, 'options') }) : undefined;
}

/** `restart`, else `deploy.restart_policy`, in the engine's words. */
function restart(service: Node): string | undefined {
  const written = textAt(service, 'restart');
  if (written !== undefined) return written;
  const policy = child(service, 'deploy', 'restart_policy');
  if (policy?.kind !== 'map') return undefined;
  const attempts = integerAt(policy, 'max_attempts');
  switch (textAt(policy, 'condition') ?? 'any') {
    case 'none':
    case 'no':
      return 'no';
    case 'on-failure':
      return attempts === undefined ? 'on-failure' : `on-failure:${String(attempts)}`;
    case 'unless-stopped':
      return 'unless-stopped';
    default:
      return 'always';
  }
}

function hooks(service: Node, key: 'post_start' | 'pre_stop'): ContainerSettings['postStart'] {
  return listAt(service, key).map((item) => {
    const environment: Record<string, string> = {};
    for (const [name, { value }] of entriesOf(child(item, 'environment'))) {
      if (value.kind === 'scalar' && !isNull(value)) environment[name] = scalarText(value.value);
    }
    return defined({
      command: textsAt(item, 'command') ?? [],
      user: textAt(item, 'user'),
      privileged: booleanAt(item, 'privileged') ?? false,
      workingDir: textAt(item, 'working_dir'),
      environment,
    });
  });
}

/** `security_opt` as the engine takes it: `=` after the key, and a seccomp profile as its text. */
async function securityOptions(service: Node, context: Context): Promise<string[]> {
  const result: string[] = [];
  for (const item of listAt(service, 'security_opt')) {
    const written = textAt(item) ?? '';
    const [, key, value] = /^([^=:]+)[=:](.*)$/.exec(written) ?? [];
    if (key === undefined || value === undefined) result.push(written);
    else if (key !== 'seccomp' || value === 'unconfined' || value === 'builtin') result.push(`${key}=${value}`);
    else result.push(...(await seccompProfile(item, path.resolve(context.base.directory, value), context)));
  }
  return result;
}

async function seccompProfile(item: Node, file: string, context: Context): Promise<string[]> {
  const bytes = await context.reader.read(file);
  if (bytes === undefined) {
    await missing(item.mark, 'seccomp profile', file, context);
    return [];
  }
  const decoded = decodeText(bytes);
  const profile = 'text' in decoded ? compactJson(decoded.text) : undefined;
  if (profile !== undefined) return [`seccomp=${profile}`];
  context.problems.error(item.mark, `the seccomp profile ${context.show(file)} is not JSON`);
  return [];
}

function compactJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    // The caller reports it with its place.
    return undefined;
  }
}
