import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { Load } from '../../../scripts/load/load.ts';
import type { Stream } from '../../../scripts/load/plan.ts';
import { appImage } from './image.ts';
import { docker } from './program.ts';

const loadDirectory = path.resolve(import.meta.dirname, '../../../scripts/load');

/** A container that is no part of any app, on networks of one: what it reaches, whoever runs there reaches. */
export class Caller implements AsyncDisposable {
  readonly id: string;

  private constructor(id: string) {
    this.id = id;
  }

  static async open(network: string, ...options: string[]): Promise<Caller> {
    const mount = ['-v', `${loadDirectory}:/load:ro`];
    return new Caller(await docker('run', '-d', '--network', network, ...mount, ...options, appImage, 'sleep', '100000'));
  }

  /** Runs a program in it, and answers what it printed. */
  run(...command: string[]): Promise<string> {
    return docker('exec', this.id, ...command);
  }

  /** Runs a text as a module in its Node, and answers what it printed. */
  node(text: string): Promise<string> {
    return this.run('node', '--input-type=module', '-e', text);
  }

  async pid(): Promise<number> {
    return Number(await docker('inspect', '-f', '{{.State.Pid}}', this.id));
  }

  /** Starts a program of this machine in its network, with its way to resolve names. */
  async beside(command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
    const file = await docker('inspect', '-f', '{{.ResolvConfPath}}', this.id);
    const inside = ['-t', String(await this.pid()), '-n', 'unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"'];
    return spawn('nsenter', [...inside, file, ...command], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** Load that begins in it. */
  async load(streams: readonly Stream[]): Promise<Load> {
    return new Load(streams, { inside: await this.pid() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await docker('rm', '-f', this.id);
  }
}
