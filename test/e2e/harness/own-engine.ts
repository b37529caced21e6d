import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startEngine, stopStarted } from '../../../scripts/setup/engine.mjs';
import { which } from '../../../scripts/setup/process.mjs';

const execute = promisify(execFile);
// Of this run alone: another one on this machine has its own.
const [third = 0] = randomBytes(1);
const bridge = `berth-e2e${third}`;

/** Whether an engine of the tests' own can be started here. */
export const canStartEngine = process.getuid?.() === 0 && which('dockerd') !== undefined && which('ip') !== undefined;

/**
 * A second engine beside the machine's own, with its own data, sockets and bridge, so that a test can restart it. It
 * writes no packet filter rules: those of the machine's engine stay as they are.
 */
export class OwnEngine implements AsyncDisposable {
  readonly socket: string;
  private readonly root: string;
  private started: Awaited<ReturnType<typeof startEngine>> | undefined;

  private constructor() {
    this.root = mkdtempSync(path.join(tmpdir(), 'berth-engine-'));
    this.socket = path.join(this.root, 'engine.sock');
  }

  static async start(): Promise<OwnEngine> {
    const engine = new OwnEngine();
    // Not `--bridge none`: that would delete the bridge of the machine's engine.
    await execute('ip', ['link', 'add', bridge, 'type', 'bridge']);
    await execute('ip', ['addr', 'add', `10.213.${third}.1/24`, 'dev', bridge]);
    await execute('ip', ['link', 'set', bridge, 'up']);
    await engine.start();
    return engine;
  }

  /** As `systemctl restart docker` does it: every container stops, and those that should run are started again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await execute('ip', ['link', 'del', bridge]);
    for (const mount of mountsUnder(this.root)) await execute('umount', [mount]);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  private async start(): Promise<void> {
    const at = (name: string): string => path.join(this.root, name);
    mkdirSync(at('exec/containerd'), { recursive: true });
    const network = ['--bridge', bridge, '--iptables=false', '--ip-forward=false', '--ip-masq=false'];
    this.started = await startEngine({
      socket: this.socket,
      pidFile: at('engine.pid'),
      containerd: at('exec/containerd'),
      log: at('engine.log'),
      extra: ['-H', `unix://${this.socket}`, '--data-root', at('data'), '--exec-root', at('exec'), '-p', at('engine.pid'), ...network],
    });
  }

  private async stop(): Promise<void> {
    if (this.started !== undefined) await stopStarted(this.started);
    this.started = undefined;
  }
}

/** What an engine leaves mounted when it has ended, the innermost first. */
function mountsUnder(directory: string): string[] {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  return points.filter((point) => point.startsWith(`${directory}/`)).toReversed();
}
