import type { Command } from './command.ts';
import { build } from './commands/build.ts';
import { check } from './commands/check.ts';
import { config } from './commands/config.ts';
import { down } from './commands/down.ts';
import { events } from './commands/events.ts';
import { exec } from './commands/exec.ts';
import { history } from './commands/history.ts';
import { init } from './commands/init.ts';
import { logs } from './commands/logs.ts';
import { maintenanceOff } from './commands/maintenance-off.ts';
import { maintenanceOn } from './commands/maintenance-on.ts';
import { plan } from './commands/plan.ts';
import { ps } from './commands/ps.ts';
import { pull } from './commands/pull.ts';
import { restart } from './commands/restart.ts';
import { rollback } from './commands/rollback.ts';
import { run } from './commands/run.ts';
import { scale } from './commands/scale.ts';
import { secretGet } from './commands/secret-get.ts';
import { secretImport } from './commands/secret-import.ts';
import { secretList } from './commands/secret-list.ts';
import { secretRm } from './commands/secret-rm.ts';
import { secretRotate } from './commands/secret-rotate.ts';
import { secretSet } from './commands/secret-set.ts';
import { serverInstall } from './commands/server-install.ts';
import { serverRun } from './commands/server-run.ts';
import { serverStatus } from './commands/server-status.ts';
import { serverStop } from './commands/server-stop.ts';
import { start } from './commands/start.ts';
import { stop } from './commands/stop.ts';
import { tlsList } from './commands/tls-list.ts';
import { tlsRenew } from './commands/tls-renew.ts';
import { tlsTrust } from './commands/tls-trust.ts';
import { traffic } from './commands/traffic.ts';
import { uninstall } from './commands/uninstall.ts';
import { up } from './commands/up.ts';
import { upgrade } from './commands/upgrade.ts';
import { version } from './commands/version.ts';

/** Every verb, in the order of the help. */
export const commandGroups: readonly (readonly [title: string, group: readonly Command[]])[] = [
  ['Deploy', [up, plan, rollback, history, down]],
  ['Look', [ps, traffic, logs, events]],
  ['TLS', [tlsList, tlsTrust, tlsRenew]],
  ['Secrets', [secretSet, secretGet, secretList, secretRm, secretRotate, secretImport]],
  ['Run', [scale, restart, stop, start, maintenanceOn, maintenanceOff, exec, run]],
  ['Prepare', [init, check, config, build, pull]],
  ['berth itself', [serverStatus, serverStop, serverRun, serverInstall, upgrade, uninstall, version]],
];

/** Every verb. */
export const commands: readonly Command[] = commandGroups.flatMap(([, group]) => group);
