import { BerthError } from '../../errors/index.ts';
import { bootUnit, type BootUnit } from './boot-unit.ts';
import type { Context } from '../context.ts';

/** Where systemd says that it is the machine's init (sd_booted(3)). */
const systemdRuns = '/run/systemd/system';

/** Makes the server start with the machine; without systemd, prints the line for cron. */
export async function installServer(context: Context): Promise<number> {
  const { world, globals } = context;
  const unit = bootUnit(await world.boot());
  if (!(await world.files.exists(systemdRuns))) {
    if (globals.json) context.printJson({ cron: unit.cronLine });
    else context.print(`systemd does not run on this machine. Add this line with \`crontab -e\`:\n${unit.cronLine}`);
    return 0;
  }
  await world.files.write(unit.file, unit.text);
  await systemctl(context, unit, ['daemon-reload']);
  await systemctl(context, unit, ['enable', unit.name]);
  if (globals.json) context.printJson({ unit: unit.file });
  else context.print(`wrote ${unit.file}: the server starts with the machine`);
  return 0;
}

/** Removes what `installServer` made, and answers the files. */
export async function removeUnit(context: Context): Promise<string[]> {
  const { world } = context;
  const unit = bootUnit(await world.boot());
  if (!(await world.files.exists(unit.file))) return [];
  await systemctl(context, unit, ['disable', unit.name]);
  await world.files.remove(unit.file);
  await systemctl(context, unit, ['daemon-reload']);
  return [unit.file];
}

async function systemctl({ world }: Context, unit: BootUnit, args: readonly string[]): Promise<void> {
  const { exitCode, output } = await world.runProgram(['systemctl', ...unit.scope, ...args]);
  if (exitCode === 0) return;
  throw new BerthError('TOOL_MISSING', `Could not make the server start with the machine: \`systemctl ${args.join(' ')}\` failed.`, {
    hint: `The unit is ${unit.file}.`,
    details: { lines: output.trim().split('\n') },
  });
}
