import { SetupError, run, say, which } from './process.mjs';

const tries = 5;
const quiet = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'a' };

/**
 * Makes sure that Debian packages are installed. `why` completes the sentence "… is needed to …".
 * @param {readonly string[]} names
 * @param {string} why
 */
export async function ensurePackages(names, why) {
  if (which('dpkg-query') === undefined) throw new SetupError(`${names.join(', ')} is needed to ${why}; install it and run this again.`);
  const missing = [];
  for (const name of names) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length > 0) await installPackages(missing, why);
}

/**
 * Installs Debian packages, or says which command would.
 * @param {readonly string[]} names
 * @param {string} why
 */
export async function installPackages(names, why) {
  const command = `apt-get install --no-install-recommends ${names.join(' ')}`;
  if (which('apt-get') === undefined) throw new SetupError(`${names.join(', ')} is needed to ${why}; install it and run this again.`);
  if (process.getuid?.() !== 0)
    throw new SetupError(`${names.join(', ')} is needed to ${why}; run \`sudo ${command}\` and then this again.`);
  say(command);
  await retried(['update', '-qq']);
  await retried(['install', '-y', '-qq', '--no-install-recommends', ...names]);
}

/**
 * Those of the packages that this distribution's release has.
 * @param {readonly string[]} names
 * @returns {Promise<string[]>}
 */
export async function offered(names) {
  await retried(['update', '-qq']);
  const found = [];
  for (const name of names) {
    const { output } = await run('apt-cache', ['policy', name], { env: { ...process.env, LC_ALL: 'C' } });
    if (/Candidate: (?!\(none\))/.test(output)) found.push(name);
  }
  return found;
}

/** @param {string} name */
async function isInstalled(name) {
  const { output } = await run('dpkg-query', ['-W', '-f', '${db:Status-Status}', name]);
  return output.trim() === 'installed';
}

/**
 * apt-get fails when another one holds its lists, and when the network stutters; both pass. A package operation that
 * was cut short is finished first.
 * @param {readonly string[]} args
 */
async function retried(args) {
  let last = '';
  for (let attempt = 1; attempt <= tries; attempt++) {
    const options = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3'];
    const { code, output } = await run('apt-get', [...options, ...args], { env: quiet, timeoutMs: 600_000 });
    if (code === 0) return;
    last = output;
    if (attempt === tries) break;
    say(`apt-get ${args[0]} exited ${code}; trying again`);
    await new Promise((resolve) => setTimeout(resolve, attempt * 2000));
    await run('dpkg', ['--configure', '-a'], { env: quiet });
  }
  throw new SetupError(
    `Could not install Debian packages: apt-get ${args.join(' ')} failed ${tries} times.\n${last.trim().split('\n').slice(-8).join('\n')}`,
  );
}
