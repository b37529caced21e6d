import { join } from 'node:path';
import { sha256 } from '../../kit/index.ts';

/** What makes the server start with the machine: a systemd unit, or a line for cron. */
export type BootUnit = {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  /** `--user` where the unit is not the system's. */
  readonly scope: readonly string[];
  readonly cronLine: string;
};

export type BootInput = {
  /** The installed launcher, absolute. */
  readonly launcher: string;
  readonly homeDirectory: string;
  /** The home that an unset BERTH_HOME means; another one gets a unit of its own name. */
  readonly defaultHome: string;
  readonly uid: number;
  readonly userDirectory: string;
};

/** The unit for a home. It waits for the engine's socket in no way: the server itself waits for an engine that is away. */
export function bootUnit({ launcher, homeDirectory, defaultHome, uid, userDirectory }: BootInput): BootUnit {
  const suffix = homeDirectory === defaultHome ? '' : `-${sha256(homeDirectory).slice(0, 8)}`;
  const name = `berth${suffix}.service`;
  const file = uid === 0 ? join('/etc/systemd/system', name) : join(userDirectory, '.config/systemd/user', name);
  const text = [
    '[Unit]',
    'Description=berth server: watches the apps of this machine and resumes rollouts',
    'After=network-online.target docker.service',
    'Wants=network-online.target',
    '',
    '[Service]',
    `ExecStart=${systemdWord(launcher)} server run`,
    `Environment=${systemdWord(`BERTH_HOME=${homeDirectory}`)}`,
    'Restart=on-failure',
    // Another berth server may hold the home for a moment while it is replaced.
    'RestartSec=5',
    'KillMode=process',
    'TimeoutStopSec=180',
    '',
    '[Install]',
    `WantedBy=${uid === 0 ? 'multi-user.target' : 'default.target'}`,
    '',
  ].join('\n');
  const cronLine = `@reboot BERTH_HOME=${shellWord(homeDirectory)} ${shellWord(launcher)} server run`;
  return { name, file, text, scope: uid === 0 ? [] : ['--user'], cronLine };
}

/** systemd splits at blanks and expands `%` and `$` (systemd.service(5), "Command lines"). */
function systemdWord(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
}

/** cron hands the line to sh, and takes an unescaped `%` for a line break. */
function shellWord(text: string): string {
  const quoted = /^[\w@+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  return quoted.replaceAll('%', '\\%');
}
