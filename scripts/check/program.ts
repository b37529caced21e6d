import { spawn } from 'node:child_process';

/** Runs a program to its end; answers its exit code and all that it printed, both streams as they came. */
export async function runProgram(command: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  const [file = '', ...args] = command;
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; output: string }>();
  const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.once('error', reject);
  child.once('close', (code) => resolve({ code: code ?? 1, output }));
  return promise;
}
