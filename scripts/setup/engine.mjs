import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { installPackages, offered } from './packages.mjs';
import { SetupError, root, run, say, which } from './process.mjs';

/**
 * Where an engine lives on this machine. Other paths let a second one be started beside the machine's own.
 * @typedef {{ socket: string, pidFile: string, containerd: string, log: string, extra: readonly string[] }} Place
 * @typedef {{ pid: number, born: string } | { systemd: true }} Started
 */

/** @type {Place} */
const usual = {
  socket: '/var/run/docker.sock',
  pidFile: '/var/run/docker.pid',
  containerd: '/var/run/docker/containerd',
  log: '/var/log/dockerd-berth.log',
  extra: [],
};
const record = path.join(root, '.cache/engine.json');
const logLimit = 1 << 20;
const systemContainerd = '/run/containerd/containerd.sock';

/**
 * Makes sure that a container engine answers: the one of DOCKER_HOST or of the usual socket; else, on Debian and its
 * kin as root, one that is installed and started here. Answers whether it was started here.
 * @returns {Promise<{ started: boolean }>}
 */
export async function ensureEngine() {
  const host = process.env.DOCKER_HOST;
  if (host) {
    if (await answersAt(host)) return { started: false };
    throw new SetupError(`DOCKER_HOST is ${host}, and no engine answers there; start that engine, or unset DOCKER_HOST.`);
  }
  if (await answers(usual.socket)) return { started: false };
  if (process.getuid?.() !== 0) {
    const why = existsSync(usual.socket) ? `you may not use ${usual.socket}, or nothing answers there` : 'no container engine is running';
    throw new SetupError(
      `A container engine is needed, and ${why}. Run this as root, or have docker.io installed and started, and your user added to the group \`docker\`.`,
    );
  }
  if (which('dockerd') === undefined) await installEngine();
  writeRecord(await startEngine(usual));
  return { started: true };
}

/** Stops the engine that {@link ensureEngine} of this checkout started, if it still runs. Answers whether there was one. */
export async function stopEngine() {
  const started = readRecord();
  if (started === undefined) return false;
  rmSync(record, { force: true });
  await stopStarted(started);
  return true;
}

/** Whether set-up of this checkout started the engine that runs. */
export function startedEngine() {
  return readRecord() !== undefined;
}

/**
 * Stops an engine and waits until it is gone.
 * @param {Started} started
 */
export async function stopStarted(started) {
  if ('systemd' in started) {
    await run('systemctl', ['stop', 'docker.service', 'docker.socket']);
    return;
  }
  for (const [signal, seconds] of /** @type {const} */ ([
    ['SIGTERM', 40],
    ['SIGKILL', 5],
  ])) {
    if (bornAt(started.pid) !== started.born) return;
    process.kill(started.pid, signal);
    if (await until(() => bornAt(started.pid) !== started.born, seconds * 1000)) return;
  }
  throw new SetupError(`The engine that set-up started (process ${started.pid}) does not stop.`);
}

async function installEngine() {
  const reason = 'run containers';
  if (which('apt-get') === undefined) {
    throw new SetupError('A container engine is needed; install Docker Engine 20.10 or later, start it, and run this again.');
  }
  // Where the distribution splits the command and BuildKit from the engine, they are wanted too.
  await installPackages(['docker.io', 'iptables', ...(await offered(['docker-cli', 'docker-buildx']))], reason);
}

/**
 * Starts an installed engine, and waits until it answers.
 * @param {Place} place
 * @returns {Promise<Started>}
 */
export async function startEngine(place) {
  if (place === usual && systemdRuns()) {
    say('systemctl start docker');
    const { code, output } = await run('systemctl', ['start', 'docker']);
    if (code !== 0) throw new SetupError(`Could not start the engine: ${output.trim()}`);
    if (await until(() => answers(place.socket), 60_000)) return { systemd: true };
    throw new SetupError('The engine was started and does not answer; see `journalctl -u docker`.');
  }
  const running = livePid(place.pidFile, 'dockerd');
  if (running !== undefined) {
    // It is starting, or ending: either passes.
    await until(async () => livePid(place.pidFile, 'dockerd') === undefined || (await answers(place.socket)), 45_000);
    if (await answers(place.socket)) return { pid: running, born: bornAt(running) ?? '' };
    if (livePid(place.pidFile, 'dockerd') !== undefined) {
      throw new SetupError(`An engine runs (process ${running}) and does not answer at ${place.socket}; end it and run this again.`);
    }
  }
  await sweep(place);
  return startDetached(place);
}

/**
 * Starts dockerd for good, without a service manager.
 * @param {Place} place
 * @returns {Promise<Started>}
 */
async function startDetached(place) {
  say(`starting dockerd (log: ${place.log})`);
  trim(place.log);
  const log = openSync(place.log, 'a', 0o600);
  const dockerd = which('dockerd') ?? 'dockerd';
  const child = spawn(dockerd, ['--log-level', 'error', ...place.extra], { cwd: '/', detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let ended = false;
  child.once('error', () => (ended = true)).once('exit', () => (ended = true));
  const ready = await until(async () => ended || (await answers(place.socket)), 60_000);
  if (!ready || ended || child.pid === undefined) {
    child.kill('SIGTERM');
    throw new SetupError(`The engine ${ended ? 'ended at once' : 'does not answer after 60 s'}. Its last words:\n${tail(place.log)}`);
  }
  child.unref();
  return { pid: child.pid, born: bornAt(child.pid) ?? '' };
}

/**
 * Removes what a killed engine left behind and a new one would trip over: dockerd takes any process with the number in
 * a pid file for itself, and waits for ever behind a socket that nobody answers.
 * @param {Place} place
 */
async function sweep({ pidFile, containerd }) {
  rmSync(pidFile, { force: true });
  const own = path.join(containerd, 'containerd.pid');
  // The containerd of a killed dockerd is killed with it, a moment later.
  if (await until(() => livePid(own, 'containerd') === undefined, 3000)) {
    for (const file of [own, path.join(containerd, 'containerd.sock'), path.join(containerd, 'containerd.sock.ttrpc')])
      rmSync(file, { force: true });
  }
  if (existsSync(systemContainerd) && !(await accepts(systemContainerd))) rmSync(systemContainerd, { force: true });
}

/** @param {string} host */
async function answersAt(host) {
  if (host.startsWith('unix://')) return answers(host.slice('unix://'.length));
  const { code } = await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 20_000 }).catch(() => ({ code: 1 }));
  return code === 0;
}

/**
 * Whether an engine answers on a Unix socket.
 * @param {string} socketPath
 * @returns {Promise<boolean>}
 */
export function answers(socketPath) {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/_ping', timeout: 3000 }, (reply) => {
      reply.resume();
      resolve(reply.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy()).once('error', () => resolve(false));
    asked.end();
  });
}

/**
 * @param {string} socketPath
 * @returns {Promise<boolean>}
 */
function accepts(socketPath) {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function systemdRuns() {
  return existsSync('/run/systemd/system') && which('systemctl') !== undefined;
}

/**
 * The process that a pid file names, if it lives and is that program; the number may have gone to another since.
 * @param {string} file
 * @param {string} program
 */
function livePid(file, program) {
  const pid = Number(read(file));
  return pid > 0 && bornAt(pid) !== undefined && read(`/proc/${pid}/comm`).trim() === program ? pid : undefined;
}

/**
 * When a process was started, in the kernel's ticks: with its number, that names it for good. A zombie has ended.
 * @param {number} pid
 * @returns {string | undefined}
 */
function bornAt(pid) {
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return fields[0] === 'Z' ? undefined : fields[19];
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return '';
    throw error;
  }
}

/**
 * @param {() => boolean | Promise<boolean>} condition
 * @param {number} timeoutMs
 */
async function until(condition, timeoutMs) {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}

/** @param {string} file */
function trim(file) {
  if (existsSync(file) && statSync(file).size > logLimit) truncateSync(file, 0);
}

/** @param {string} file */
function tail(file) {
  return read(file).trim().split('\n').slice(-10).join('\n');
}

/** @param {Started} started */
function writeRecord(started) {
  mkdirSync(path.dirname(record), { recursive: true });
  writeFileSync(record, JSON.stringify(started));
}

/** @returns {Started | undefined} */
function readRecord() {
  const text = read(record);
  return text === '' ? undefined : JSON.parse(text);
}
