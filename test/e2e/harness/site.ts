import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { labels } from '../../../src/model/index.ts';
import { builtBerth } from './built.ts';
import { freePort } from './free-port.ts';
import { get, type Answer } from './get.ts';
import { appImage } from './image.ts';
import { docker, Running, type Result } from './program.ts';

/**
 * `home` shares another site's home (two apps of one installation), unless `ownsHome` says that it is only to lie
 * elsewhere. `launcher` is another `berth` than the built one.
 */
type SiteOptions = { readonly home?: string; readonly ownsHome?: boolean; readonly port?: number; readonly launcher?: string };

/** What a user has: a directory with an application, a home of berth, and the `berth` command. Everything goes when it is disposed of. */
export class Site implements AsyncDisposable {
  readonly name: string;
  readonly directory: string;
  readonly home: string;
  readonly port: number;
  private readonly root: string;
  private readonly ownsHome: boolean;
  private launcher: string;
  private environment: NodeJS.ProcessEnv;
  private readonly running = new Set<Running>();

  private constructor(port: number, { home, launcher, ownsHome = home === undefined }: SiteOptions) {
    this.name = `e2e${randomBytes(4).toString('hex')}`;
    this.port = port;
    this.launcher = launcher ?? builtBerth();
    this.root = mkdtempSync(path.join(tmpdir(), 'berth-e2e-'));
    this.directory = path.join(this.root, 'app');
    this.ownsHome = ownsHome;
    this.home = home ?? path.join(this.root, 'home');
    mkdirSync(path.join(this.directory, 'seen'), { recursive: true });
    if (home === undefined) mkdirSync(this.home, { mode: 0o700 });
    const inherited = Object.entries(process.env).filter(([name]) => !/^(BERTH_|COMPOSE_|VITEST|NODE_OPTIONS|NODE_ENV)/.test(name));
    this.environment = { ...Object.fromEntries(inherited), BERTH_HOME: this.home };
  }

  static async open(options: SiteOptions = {}): Promise<Site> {
    return new Site(options.port ?? (await freePort()), options);
  }

  /** Writes a file of the application. */
  write(file: string, text: string): void {
    const target = path.join(this.directory, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  }

  /** Writes `compose.yaml`; `$PORT`, `$IMAGE` and `$NAME` stand for this site's. */
  compose(text: string): void {
    const filled = text.replaceAll('$PORT', String(this.port)).replaceAll('$IMAGE', appImage);
    this.write('compose.yaml', `name: ${this.name}\n${filled}`);
  }

  /** Sets variables for the commands that follow. */
  variables(values: Readonly<Record<string, string>>): void {
    this.environment = { ...this.environment, ...values };
  }

  /** Makes another `berth` the one of the commands that follow. */
  use(launcher: string): void {
    this.launcher = launcher;
  }

  /** `berth` as a command for others to start. */
  command(...args: string[]): { file: string; args: string[]; cwd: string; env: NodeJS.ProcessEnv } {
    return { file: this.launcher, args, cwd: this.directory, env: this.environment };
  }

  /** Starts `berth` and does not wait for it. */
  start(...args: string[]): Running {
    const running = new Running(this.launcher, args, { cwd: this.directory, env: this.environment, timeoutMs: 240_000 });
    this.running.add(running);
    void running.result.then(() => this.running.delete(running));
    return running;
  }

  /** Runs `berth` to its end. */
  async berth(...args: string[]): Promise<Result> {
    const running = this.start(...args);
    running.child.stdin?.end();
    return running.result;
  }

  /** Runs `berth`, and throws what it said when it does not exit 0. */
  async ok(...args: string[]): Promise<Result> {
    const result = await this.berth(...args);
    if (result.code !== 0) throw new Error(`berth ${args.join(' ')} exited ${result.code}\n${result.out}\n${result.err}`);
    return result;
  }

  /** What `berth … --json` printed. */
  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse((await this.ok(...args, '--json')).out) as T;
  }

  url(at = '/'): string {
    return `http://127.0.0.1:${this.port}${at}`;
  }

  /** One GET over a new connection. */
  get(at = '/', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return get(this.url(at), headers);
  }

  /** The versions that answer now, over new connections. */
  async versions(times = 12): Promise<string[]> {
    const answers = await Promise.all(Array.from({ length: times }, () => this.get()));
    return [...new Set(answers.map(({ status, body }) => (status === 200 ? String(body['version']) : String(status))))].toSorted();
  }

  /** Ids of its running instances, as the engine knows them. */
  async instances(service = 'web', ...filters: string[]): Promise<string[]> {
    const wanted = [`label=${labels.app}=${this.name}`, `label=${labels.service}=${service}`, `label=${labels.role}=instance`, ...filters];
    const out = await docker('ps', '-q', '--no-trunc', ...wanted.flatMap((filter) => ['--filter', filter]));
    return out.split('\n').filter(Boolean);
  }

  /** All containers of the app, whatever their state: `name state role release`. */
  async containers(): Promise<string[]> {
    const format = `{{.Names}} {{.State}} {{.Label "${labels.role}"}} {{.Label "${labels.release}"}}`;
    const out = await docker('ps', '-a', '--format', format, '--filter', `label=${labels.app}=${this.name}`);
    return out.split('\n').filter(Boolean).toSorted();
  }

  /** Lines that instances wrote under `./seen`, mounted at `/seen`. */
  seen(): string[] {
    const folder = path.join(this.directory, 'seen');
    return readdirSync(folder).flatMap((file) => readFileSync(path.join(folder, file), 'utf8').split('\n').filter(Boolean));
  }

  async serverPid(): Promise<number> {
    const status = await this.json<{ pid?: number }>('server', 'status');
    if (status.pid === undefined) throw new Error('No server runs.');
    return status.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.running) running.signal('SIGKILL');
    const ends = [await this.berth('down', '-y', '--volumes')];
    const wanted = [`${labels.app}=${this.name}`];
    if (this.ownsHome) {
      const { installation } = await this.json<{ installation?: string }>('server', 'status');
      if (installation !== undefined) wanted.push(`${labels.installation}=${installation}`);
      ends.push(await this.berth('uninstall', '--purge', '-y'), await this.berth('server', 'stop'));
    }
    const left = await leftOvers(wanted, `berth/${this.name}-*`);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
    const said = ends.map(({ code, err }) => `exit ${code}: ${err}`).join('\n');
    if (left.length > 0) throw new Error(`Left on the engine by ${this.name}: ${left.join(', ')}\n${said}`);
  }
}

/** What still carries one of the labels or names, each removed so that the next test starts clean. */
async function leftOvers(wanted: readonly string[], images: string): Promise<string[]> {
  const left: string[] = [];
  const clear = async (kind: string, list: readonly string[], remove: readonly string[]): Promise<void> => {
    const found = [...new Set((await docker(...list)).split('\n').filter(Boolean))];
    if (found.length > 0) await docker(...remove, ...found);
    left.push(...found.map((id) => `${kind} ${id}`));
  };
  for (const label of wanted) {
    const filter = ['--filter', `label=${label}`];
    await clear('container', ['ps', '-a', '--format', '{{.Names}}', ...filter], ['rm', '-f']);
    await clear('network', ['network', 'ls', '--format', '{{.Name}}', ...filter], ['network', 'rm']);
    await clear('volume', ['volume', 'ls', '-q', ...filter], ['volume', 'rm', '-f']);
  }
  await clear('image', ['images', '--format', '{{.Repository}}:{{.Tag}}', images], ['rmi']);
  return left;
}
