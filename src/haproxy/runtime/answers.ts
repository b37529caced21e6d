import type { ProxyServerStats } from '../../model/index.ts';

/** A server as HAProxy has it. `admin` is 0 when it is in use, `drain` or `maint` when somebody took it out. */
export type ActualServer = {
  readonly backend: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly admin: 'ready' | 'drain' | 'maint';
};

/** A worker process: the current one, or one that a reload left to finish its connections. */
export type Worker = { readonly pid: number; readonly reloads: number; readonly uptimeMs: number; readonly old: boolean };

/** A request or connection that HAProxy has in hand. */
export type Stream = { readonly id: string; readonly backend: string; readonly server: string; readonly long: boolean };

const forcedDrain = 0x08;
/** Not 0x04, which only tells that the file said `disabled`, also of a server that was made ready since. */
const anyMaintenance = 0x01 | 0x02 | 0x20;

/** Reads `show servers state`. */
export function readServersState(text: string): ActualServer[] {
  const [header, ...rows] = text.split('\n').filter((line) => line !== '' && line !== '1');
  const columns = (header ?? '').replace(/^# /, '').split(' ');
  return rows.map((row) => {
    const cells = row.split(' ');
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
    const bits = Number(cell('srv_admin_state'));
    return {
      backend: cell('be_name'),
      name: cell('srv_name'),
      address: cell('srv_addr'),
      port: Number(cell('srv_port')),
      weight: Number(cell('srv_uweight')),
      admin: (bits & anyMaintenance) !== 0 ? 'maint' : (bits & forcedDrain) !== 0 ? 'drain' : 'ready',
    };
  });
}

/** `check_status` of a check that passed on layer 4, 6 or 7; `L7OKC` is one that passed only so far. */
const passed = /^L[467]OK(?:\/|$)/;

/** Reads the servers' rows of `show stat`. */
export function readStats(text: string): ProxyServerStats[] {
  const [header, ...rows] = text.split('\n').filter((line) => line !== '');
  const columns = (header ?? '').replace(/^# /, '').split(',');
  return rows.map(splitCsv).flatMap((cells) => {
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
    const count = (name: string): number => Number(cell(name));
    if (cell('type') !== '2') return [];
    const check = [cell('check_status').replace(/^\* /, ''), cell('check_code')].filter((part) => part !== '').join('/');
    return [
      {
        backend: cell('pxname'),
        server: cell('svname'),
        status: toStatus(cell('status')),
        checked: passed.test(check),
        lastCheck: [check, cell('last_chk')].filter((part) => part !== '').join(' '),
        current: Math.max(count('scur'), count('used_conn_cur')),
        requests: cell('mode') === 'http' ? count('req_tot') || count('stot') : count('stot'),
        responses5xx: count('hrsp_5xx'),
        connectErrors: count('econ'),
        responseErrors: count('eresp'),
        responseMs: count('rtime'),
      },
    ];
  });
}

/** Reads the workers out of the master's `show proc`. */
export function readWorkers(text: string): Worker[] {
  let old = false;
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('#')) old = line.startsWith('# old workers');
    const [pid = '', type, reloads = '', uptime = ''] = line.split(/\s+/);
    if (type !== 'worker' || !/^\d+$/.test(pid)) return [];
    return [{ pid: Number(pid), reloads: Number.parseInt(reloads, 10), uptimeMs: toMs(uptime), old }];
  });
}

/** Reads `show sess all`. Tunnels (WebSocket and other upgrades, CONNECT) and TCP connections are long-lived. */
export function readStreams(text: string): Stream[] {
  return text.split(/^(?=0x)/m).flatMap((block) => {
    const id = /^(0x[0-9a-f]+):/.exec(block)?.[1];
    const [, backend, mode] = /^ {2}backend=(\S+) \(id=-?\d+ mode=(\w+)/m.exec(block) ?? [];
    const server = /^ {2}server=(\S+) /m.exec(block)?.[1];
    if (id === undefined || backend === undefined || server === undefined) return [];
    return [{ id, backend, server, long: mode === 'tcp' || /^ {2}txn=.*MSG_TUNNEL/m.test(block) }];
  });
}

/** How many connections to a server are in use, by `show servers conn`; idle ones do not count. */
export function readUsedConnections(text: string, backend: string, server: string): number {
  const [header, ...rows] = text.split('\n').filter((line) => line !== '' && line !== '1');
  const column = (header ?? '').replace(/^# /, '').split(' ').indexOf('used_cur');
  const row = rows.find((line) => line.startsWith(`${backend}/${server} `));
  return row === undefined ? 0 : Number(row.split(' ')[column]);
}

/** How many client connections a worker has, by `show info`; its own command line does not count. */
export function readClientConnections(text: string): number {
  return Number(/^CurrConns: (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** HAProxy's version, by `show info`. */
export function readVersion(text: string): string {
  return /^Version: (\S+)/m.exec(text)?.[1] ?? '';
}

function toStatus(text: string): ProxyServerStats['status'] {
  if (text.startsWith('MAINT')) return 'maint';
  if (text.startsWith('DRAIN')) return 'drain';
  return text.startsWith('DOWN') || text.startsWith('NOLB') ? 'down' : 'up';
}

/** `0d00h11m16s` */
function toMs(uptime: string): number {
  const [, d = 0, h = 0, m = 0, s = 0] = (/^(\d+)d(\d+)h(\d+)m(\d+)s$/.exec(uptime) ?? []).map(Number);
  return (((d * 24 + h) * 60 + m) * 60 + s) * 1000;
}

function splitCsv(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((m) => m[1]?.replaceAll('""', '"') ?? m[2] ?? '');
}
