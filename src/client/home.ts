import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { BerthError } from '../errors/index.ts';

/** Where an installation lives. All paths are absolute. */
export type Home = {
  readonly directory: string;
  readonly socket: string;
  readonly database: string;
  /** The server's own log; `<log>.1` is the one before. */
  readonly log: string;
  /** What the server's process wrote outside its log: the trace of a crash. */
  readonly output: string;
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
  return {
    directory,
    socket: Buffer.byteLength(near) <= socketPathBytes ? near : (readNote(socketNote) ?? farSocket(directory, environment, uid)),
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
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const found = statSync(path);
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

function farSocket(directory: string, environment: HomeInput['environment'], uid: number): string {
  const name = `berth-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`;
  const runtime = environment['XDG_RUNTIME_DIR'];
  if (runtime?.startsWith('/') && Buffer.byteLength(runtime) < 60) return join(runtime, name, 'server.sock');
  return uid === 0 ? join('/run', name, 'server.sock') : join('/tmp', `${name}-${uid}`, 'server.sock');
}

function readNote(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined; // Written by the first server of this home.
  }
}
