import { spawn } from 'node:child_process';

/** Runs a program to its end, and answers its exit code and what it wrote. One that is not installed ends with 127. */
export async function runToEnd([file, ...args]: readonly [string, ...string[]]): Promise<{ exitCode: number; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number; output: string }>();
  let output = '';
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  child.on('error', (error) => resolve({ exitCode: 127, output: error.message }));
  child.on('close', (code) => resolve({ exitCode: code ?? 1, output }));
  return await promise;
}
