import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { BerthError } from '../errors/index.ts';
import { sha256 } from '../kit/index.ts';

/** Where an installation lives. All paths are absolute. */
export type Home = {
  readonly directory: string;
  readonly socket: string;
  readonly database: string;
  /** The server's own log; `<log>.1` is the one before. */
  readonly log: string;
  /** What the server's process wrote outside its log: the trace of a crash. */
  readonly output: string;
  /** Shared with the edge's container: HAProxy's own sockets. Survives a reboot, as the container does. */
  readonly edgeDirectory: string;
  /** The same for the fronts of services, each of which has a directory in it. */
  readonly frontsDirectory: string;
  /** Secrets and configs that instances mount, and what builds keep between runs. */
  readonly filesDirectory: string;
  readonly cacheDirectory: string;
  /** Certificates and the keys of berth's own authority and ACME accounts. */
  readonly keysDirectory: string;
  /** Says where the socket is when the home's own path is too long for one. */
  readonly socketNote: string;
};

export type HomeInput = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly uid: number;
};

/** `sun_path` of Linux has 108 bytes, the last of them NUL. */
const socketPathBytes = 107;

/** Finds the home of DESIGN §8. Makes nothing. */
export function locateHome({ environment, workingDirectory, uid }: HomeInput): Home {
  const state = environment['XDG_STATE_HOME'];
  const user = environment['HOME'] ?? homedir();
  const chosen = environment['BERTH_HOME'] || (state?.startsWith('/') ? join(state, 'berth') : join(user, '.local', 'state', 'berth'));
  const directory = resolve(workingDirectory, chosen);
  const socketNote = join(directory, 'socket-path');
  const near = join(directory, 'server.sock');
  const edge = join(directory, 'edge');
  const far = (): string => `berth-${sha256(directory).slice(0, 12)}`;
  const placeFor = (socket: string): string =>
    isShort(join(edge, socket)) ? edge : join(uid === 0 ? '/var/lib' : user, uid === 0 ? far() : `.${far()}`);
  return {
    directory,
    socket: isShort(near) ? near : (readNote(socketNote) ?? join(runtimeDirectory(environment, uid, far()), 'server.sock')),
    edgeDirectory: placeFor('2/master.sock'),
    frontsDirectory: placeFor('12345678/2/master.sock'),
    filesDirectory: join(directory, 'files'),
    cacheDirectory: join(directory, 'cache'),
    keysDirectory: join(directory, 'keys'),
    database: join(directory, 'berth.db'),
    log: join(directory, 'server.log'),
    output: join(directory, 'server.out'),
    socketNote,
  };
}

/** Makes a directory that only its owner may enter. One that is there already must be its owner's, and berth's or empty. */
export function ensurePrivateDirectory(path: string, uid: number): void {
  const problem = makePrivate(path, uid);
  if (problem === undefined) return;
  throw new BerthError('USAGE', `Could not use the directory ${path}: ${problem}.`, {
    hint: 'Set BERTH_HOME to a directory of your own that nobody else may enter.',
  });
}

function makePrivate(path: string, uid: number): string | undefined {
  try {
    makeDirectory(path);
    const found = statSync(path);
    if (!found.isDirectory()) return 'it is not a directory';
    if (found.uid !== uid) return 'it belongs to another user';
    if ((found.mode & 0o077) === 0) return undefined;
    const names = readdirSync(path);
    if (names.length > 0 && !names.includes('berth.db')) return 'other users may enter it, and it holds files that are not of berth';
    chmodSync(path, 0o700);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Not mkdir's own `recursive`: under /proc, which answers ENOENT for whatever cannot be made there, Node tries for ever. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another command made it in this moment.
    if (!existsSync(path)) throw error;
  }
}

function isShort(path: string): boolean {
  return Buffer.byteLength(path) <= socketPathBytes;
}

/** Where a socket lies whose home's path is too long for one. */
function runtimeDirectory(environment: HomeInput['environment'], uid: number, name: string): string {
  const runtime = environment['XDG_RUNTIME_DIR'];
  if (runtime?.startsWith('/') && isShort(join(runtime, name, 'server.sock'))) return join(runtime, name);
  return uid === 0 ? join('/run', name) : join('/tmp', `${name}-${uid}`);
}

/**
 * Removes all that berth keeps for a home whose server has stopped and whose apps are gone. What somebody else put there
 * stays, and then the directory does too.
 */
export function removeHome(home: Home): void {
  const { database, log, output, socket, socketNote, edgeDirectory, frontsDirectory, filesDirectory, cacheDirectory, keysDirectory } = home;
  const beside = dirname(socket);
  const files = [socket, socketNote, log, `${log}.1`, output, `${database}-wal`, `${database}.reserve`, database];
  const backups = readdirSync(home.directory).filter((name) => /^berth\.db\.v\d+\.bak$/.test(name));
  const all = [
    edgeDirectory,
    frontsDirectory,
    filesDirectory,
    cacheDirectory,
    keysDirectory,
    ...files,
    ...backups.map((name) => join(home.directory, name)),
  ];
  for (const path of all) rmSync(path, { recursive: true, force: true });
  for (const directory of new Set([beside, home.directory])) if (readdirSync(directory).length === 0) removeDirectory(directory);
}

/** A directory, or a link to one: then both go, for the link would lead nowhere. */
function removeDirectory(path: string): void {
  const real = realpathSync(path);
  rmdirSync(real);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true) unlinkSync(path);
}

function readNote(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined; // Written by the first server of this home.
  }
}
