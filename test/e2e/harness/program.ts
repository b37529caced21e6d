import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** How a program ended, and all that it said. */
export type Result = { readonly code: number; readonly out: string; readonly err: string };

/** A program that runs; `result` is there when it has ended. */
export class Running {
  readonly child: ChildProcess;
  readonly result: Promise<Result>;
  private out = '';
  private err = '';

  constructor(file: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs: number }) {
    this.child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ['pipe', 'pipe', 'pipe'] });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), options.timeoutMs);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.result = once(this.child, 'close').then(([code, signal]) => {
      clearTimeout(timer);
      const late = signal === 'SIGKILL' ? `\nkilled (timeout ${options.timeoutMs} ms?)` : '';
      return { code: typeof code === 'number' ? code : 255, out: this.out, err: this.err + late };
    });
  }

  /** Lines of its output, as they come. */
  lines(): AsyncIterable<string> {
    if (this.child.stdout === null) throw new Error('Its output is not read.');
    return createInterface({ input: this.child.stdout });
  }

  /** Waits until its progress shows a text, as a person would who watches it. */
  async shows(text: string): Promise<void> {
    const { stderr } = this.child;
    if (stderr === null) throw new Error('Its progress is not read.');
    while (!this.err.includes(text)) await Promise.race([once(stderr, 'data'), this.ended()]);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  private async ended(): Promise<never> {
    const { code, err } = await this.result;
    throw new Error(`It ended (exit ${code}) and had not shown what was waited for:\n${err}`);
  }
}

const execute = promisify(execFile);

/** Runs `docker`, the outside look at the engine, and answers what it printed. Throws when it fails. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await execute('docker', args, { maxBuffer: 64 << 20, timeout: 120_000 });
  return stdout.trim();
}
