import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { diskFiles } from './cli-files.ts';

const root = mkdtempSync(join(tmpdir(), 'berth-files-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('the files of this machine', () => {
  it('are their bytes, and nothing where there is no file', async () => {
    writeFileSync(join(root, 'a'), 'text');
    mkdirSync(join(root, 'directory'));
    symlinkSync('itself', join(root, 'itself'));
    expect(Buffer.from((await diskFiles.read(join(root, 'a'))) ?? '').toString()).toBe('text');
    for (const name of ['gone', 'directory', 'itself', 'a/b']) expect(await diskFiles.read(join(root, name))).toBeUndefined();
    expect(await diskFiles.exists(join(root, 'itself'))).toBe(false);
  });

  it('are read from a named pipe when somebody writes to it, however late', async () => {
    const pipe = join(root, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    const writer = spawn('sh', ['-c', 'sleep 0.2; { printf A=; sleep 0.1; printf 1; } > "$0"', pipe]);
    expect(Buffer.from((await diskFiles.read(pipe)) ?? '').toString()).toBe('A=1');
    writer.kill();
  });

  it('are not read to the end where there is none', async () => {
    expect(await diskFiles.read('/dev/null')).toHaveLength(0);
    await expect(diskFiles.read('/dev/zero')).rejects.toThrow('Could not read /dev/zero: it is larger than 64 MB.');
  });
});
