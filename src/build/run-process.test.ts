import { existsSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { runProcess } from './run-process.ts';

const environment = { PATH: '/usr/bin:/bin' };

test('lines of both outputs come through, and the exit code', async () => {
  const lines: string[] = [];
  const code = await runProcess(
    { file: 'sh', args: ['-c', 'echo out; echo err >&2; exit 3'], environment },
    { onLine: (line) => lines.push(line) },
  );
  expect(code).toBe(3);
  expect(lines.toSorted()).toEqual(['err', 'out']);
});

test('arguments are not read by a shell, and the environment is what was given', async () => {
  const lines: string[] = [];
  await runProcess({ file: 'printenv', args: [], environment: { ...environment, A: '$(id)' } }, { onLine: (line) => lines.push(line) });
  expect(lines).toContain('A=$(id)');
  expect(lines.some((line) => line.startsWith('HOME='))).toBe(false);
});

test('a program that is not there is undefined', async () => {
  expect(await runProcess({ file: 'no-such-program-at-all', args: [], environment })).toBeUndefined();
});

test('aborting ends the whole process group', async () => {
  const controller = new AbortController();
  let child = 0;
  const running = runProcess(
    { file: 'sh', args: ['-c', 'sleep 300 & echo $!; wait'], environment },
    {
      onLine: (line) => {
        child = Number(line);
        controller.abort(new Error('enough'));
      },
      signal: controller.signal,
    },
  );
  await expect(running).rejects.toThrow('enough');
  // Gone, or waiting for its new parent to take note.
  const state = (): string => (existsSync(`/proc/${child}/stat`) ? readFileSync(`/proc/${child}/stat`, 'utf8') : 'gone');
  await vi.waitFor(() => expect(state()).toMatch(/^gone$|\) Z /));
});
