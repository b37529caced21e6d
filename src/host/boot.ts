import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readOr } from './sockets.ts';

/** Whose server is looked for, and where; `root` is `/` but in tests. */
export type BootPlaces = { readonly root: string; readonly home: string; readonly userDirectory: string | undefined };

/** Whether an enabled systemd unit or a line for cron starts the server of this home with the machine. */
export async function startsAtBoot(places: BootPlaces): Promise<boolean> {
  return (
    (await unitsOf(places)).some((text) => text.includes(places.home)) || (await cronLines(places)).some((l) => isOurs(l, places.home))
  );
}

/** Texts of the berth units that are enabled: a target `wants` them. */
async function unitsOf({ root, userDirectory }: BootPlaces): Promise<string[]> {
  const directories = [join(root, 'etc/systemd/system'), join(root, 'etc/systemd/user')];
  if (userDirectory !== undefined) directories.push(join(userDirectory, '.config/systemd/user'));
  const texts: string[] = [];
  for (const directory of directories) {
    // A handful of directories, each read once when a rollout ends.
    // oxlint-disable-next-line no-await-in-loop
    for (const target of await list(directory, /\.wants$/)) {
      // oxlint-disable-next-line no-await-in-loop
      for (const unit of await list(target, /^berth.*\.service$/)) texts.push(await readOr(unit, ''));
    }
  }
  return texts;
}

async function cronLines({ root }: BootPlaces): Promise<string[]> {
  const spools = ['var/spool/cron/crontabs', 'var/spool/cron', 'etc/cron.d'].map((directory) => list(join(root, directory), /./));
  const files = [join(root, 'etc/crontab'), ...(await Promise.all(spools)).flat()];
  return (await Promise.all(files.map((file) => readOr(file, '')))).flatMap((text) => text.split('\n'));
}

function isOurs(line: string, home: string): boolean {
  return line.trimStart().startsWith('@reboot') && line.includes('server run') && line.includes(home);
}

async function list(directory: string, name: RegExp): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((entry) => name.test(entry)).map((entry) => join(directory, entry));
  } catch {
    return [];
  }
}
