import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensurePrivateDirectory, locateHome, removeHome } from './index.ts';

const uid = process.getuid?.() ?? 0;

it.each([
  [{ BERTH_HOME: '/srv/berth', XDG_STATE_HOME: '/state', HOME: '/home/u' }, '/srv/berth'],
  [{ BERTH_HOME: 'rel/./b', HOME: '/home/u' }, '/work/rel/b'],
  [{ BERTH_HOME: '', XDG_STATE_HOME: '/state', HOME: '/home/u' }, '/state/berth'],
  [{ XDG_STATE_HOME: 'not/absolute', HOME: '/home/u' }, '/home/u/.local/state/berth'],
])('finds the home of %o', (environment, directory) => {
  expect(locateHome({ environment, workingDirectory: '/work', uid: 0 })).toMatchObject({
    directory,
    socket: `${directory}/server.sock`,
    edgeDirectory: `${directory}/edge`,
    database: `${directory}/berth.db`,
  });
});

it('puts sockets elsewhere when the home’s path is too long for one, always at the same place', () => {
  const at = (length: number, environment: Record<string, string>, user: number) =>
    locateHome({
      environment: { BERTH_HOME: `/${'h'.repeat(length - 1)}`, HOME: '/home/u', ...environment },
      workingDirectory: '/',
      uid: user,
    });
  expect(at(95, {}, 0)).toMatchObject({
    socket: `/${'h'.repeat(94)}/server.sock`,
    edgeDirectory: expect.stringMatching(/^\/var\/lib\/berth-[0-9a-f]{12}$/),
  });
  expect(at(96, {}, 0).socket).toMatch(/^\/run\/berth-[0-9a-f]{12}\/server\.sock$/);
  expect(at(96, {}, 7).socket).toMatch(/^\/tmp\/berth-[0-9a-f]{12}-7\/server\.sock$/);
  expect(at(96, {}, 7).edgeDirectory).toMatch(/^\/home\/u\/\.berth-[0-9a-f]{12}$/);
  expect(at(96, { XDG_RUNTIME_DIR: '/run/user/7' }, 7).socket).toMatch(/^\/run\/user\/7\/berth-[0-9a-f]{12}\/server\.sock$/);
  expect(at(96, {}, 0)).toEqual(at(96, {}, 0));
});

describe('the directory', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'berth-home-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('is made for its owner only, also when it was there and empty', () => {
    const made = join(directory, 'a', 'b');
    ensurePrivateDirectory(made, uid);
    expect(statSync(made).mode & 0o777).toBe(0o700);
    chmodSync(made, 0o755);
    ensurePrivateDirectory(made, uid);
    expect(statSync(made).mode & 0o777).toBe(0o700);
  });

  it('is left alone when it is somebody’s', () => {
    const theirs = join(directory, 'theirs');
    mkdirSync(theirs, { mode: 0o755 });
    writeFileSync(join(theirs, 'letter'), '');
    expect(() => ensurePrivateDirectory(theirs, uid)).toThrow('other users may enter it');
    expect(statSync(theirs).mode & 0o777).toBe(0o755);
    expect(() => ensurePrivateDirectory(directory, uid + 1)).toThrow('belongs to another user');
    expect(() => ensurePrivateDirectory(join(theirs, 'letter', 'x'), uid)).toThrow('ENOTDIR');
    expect(() => ensurePrivateDirectory(join(theirs, 'letter'), uid)).toThrow('it is not a directory');
  });

  it('is refused where none can be made, instead of being tried for ever', () => {
    expect(() => ensurePrivateDirectory('/proc/berth/home', uid)).toThrow('Could not use the directory /proc/berth/home: ENOENT');
  });

  it('goes with all that berth kept in it, and with nothing else', () => {
    const home = locateHome({ environment: { BERTH_HOME: join(directory, 'home') }, workingDirectory: '/', uid });
    const fill = () => {
      for (const path of [home.directory, home.edgeDirectory, home.filesDirectory]) mkdirSync(path, { recursive: true });
      for (const path of [home.database, `${home.database}-wal`, `${home.database}.v1.bak`, home.log, home.output]) writeFileSync(path, '');
    };
    fill();
    writeFileSync(join(home.directory, 'letter'), '');
    removeHome(home);
    expect(readdirSync(home.directory)).toEqual(['letter']);
    rmSync(join(home.directory, 'letter'));
    fill();
    removeHome(home);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('goes with the link that led to it', () => {
    mkdirSync(join(directory, 'real'), { mode: 0o700 });
    symlinkSync(join(directory, 'real'), join(directory, 'link'));
    const home = locateHome({ environment: { BERTH_HOME: join(directory, 'link') }, workingDirectory: '/', uid });
    mkdirSync(home.keysDirectory);
    writeFileSync(join(home.keysDirectory, 'secrets.key'), '');
    writeFileSync(home.database, '');
    removeHome(home);
    expect(readdirSync(directory)).toEqual([]);
  });
});
