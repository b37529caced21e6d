import { spawn } from 'node:child_process';

/** How a program ended; `notFound` when there is none of that name. */
export type Ran = { readonly exitCode: number; readonly stdout: string; readonly notFound: boolean };
export type Run = (argv: readonly [string, ...string[]], input: string, signal: AbortSignal) => Promise<Ran>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs a program with a text on its standard input. */
export function runWith(environment: Environment): Run {
  return ([file, ...words], input, signal) =>
    new Promise((resolve, reject) => {
      const child = spawn(file, words, { env: { ...environment }, stdio: ['pipe', 'pipe', 'ignore'], signal });
      const parts: Buffer[] = [];
      child.stdout.on('data', (data: Buffer) => parts.push(data));
      // A helper may end before it has read its input.
      child.stdin.on('error', () => undefined);
      child.on('error', (error) => {
        const code = 'code' in error ? error.code : undefined;
        if (code === 'ENOENT' || code === 'EACCES') resolve({ exitCode: 127, stdout: '', notFound: true });
        else reject(error);
      });
      child.on('close', (exitCode) => resolve({ exitCode: exitCode ?? 1, stdout: Buffer.concat(parts).toString(), notFound: false }));
      child.stdin.end(input);
    });
}
