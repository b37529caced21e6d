import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Site } from '../e2e/harness/index.ts';
import { openProxyImage } from '../e2e/harness/proxy-image.ts';
import type { Running } from '../e2e/harness/program.ts';
import { atLeast, atMost, told, type Bench } from './kit/bench.ts';
import { installBerth } from './kit/installed.ts';
import { judge, replicas, shopFile, startShopLoad } from './kit/shop.ts';

/** Requests lost when a newer berth replaces the server in the middle of an update. */
export const serverUpgrade: Bench = {
  name: 'server-upgrade',
  what: 'requests lost when a newer berth replaces the running server at each journalled step of an update',
  how: `Rolling updates of ${replicas} instances under the load of \`rollout\`, one for each step that such an update journals: as soon as that step begins, the \`upgrade\` of a berth with a higher version (installed from the package, only the version differs) replaces the server. The \`up\` of the older berth must see its update through to the end and exit 0, and the wanted version answer from ${replicas} instances.`,
  async run(say) {
    await using berths = await Berths.open();
    // An image of one's own is not made anew by each upgrade: this measures the server.
    await using image = await openProxyImage();
    await using site = await Site.open({ launcher: await berths.next() });
    site.compose(shopFile(replicas));
    site.variables({ VERSION: '1', BERTH_HAPROXY_IMAGE: image.reference });
    await site.ok('up');
    const load = startShopLoad(site);
    await load.requests(1000);
    site.variables({ VERSION: '2' });
    const steps = await countSteps(site);
    let wrong = 0;
    let replaced = 0;
    for (let step = 1; step <= steps; step++) {
      const version = String(step + 2);
      site.variables({ VERSION: version });
      await using update = await Update.start(site);
      await update.until(step);
      site.use(await berths.next());
      const { serverReplaced } = await site.json<{ serverReplaced: boolean }>('upgrade');
      const { code, err } = await update.up.result;
      replaced += serverReplaced ? 1 : 0;
      const versions = await site.versions();
      const instances = await site.instances();
      const good = code === 0 && serverReplaced && versions.join() === version && instances.length === replicas;
      if (!good) say(`step ${step}: exit ${code}, answers ${versions.join()}, ${instances.length} instances\n${err}`);
      wrong += good ? 0 : 1;
      say(`step ${step} of ${steps}, ${replaced} servers replaced`);
    }
    const result = judge(site, await load.stop());
    if (result.why !== '') say(`lost: ${result.why}`);
    return [
      atMost('requests lost', result.lost, '', 0),
      atMost('POSTs lost or executed twice', result.wrongPosts, '', 0),
      atMost('updates that did not end well', wrong, '', 0),
      atLeast('servers replaced, one at each step', replaced, '', steps),
      told('requests', result.requests, ''),
      atLeast('load', result.perSecond, 'requests/s', 1000),
    ];
  },
};

/** Updates, undisturbed, and answers how many steps that took. */
async function countSteps(site: Site): Promise<number> {
  await using update = await Update.start(site);
  const steps = await update.until(Infinity);
  const { code, err } = await update.up.result;
  if (code !== 0) throw new Error(`The undisturbed update exited ${code}: ${err}`);
  return steps;
}

/** An update that runs, and another process that watches its events. */
class Update implements AsyncDisposable {
  readonly up: Running;
  readonly #watching: Running;
  readonly #lines: AsyncIterator<string>;

  private constructor(up: Running, watching: Running, lines: AsyncIterator<string>) {
    this.up = up;
    this.#watching = watching;
    this.#lines = lines;
  }

  /** The last event before the update shows that the watching has begun. */
  static async start(site: Site): Promise<Update> {
    const watching = site.start('events', '-f', '--json', '-n', '1');
    const lines = watching.lines()[Symbol.asyncIterator]();
    await lines.next();
    return new Update(site.start('up'), watching, lines);
  }

  /** Waits until so many steps have begun, or the update has ended; answers how many have begun. */
  async until(step: number): Promise<number> {
    for (let begun = 0; ;) {
      const line = await this.#lines.next();
      if (line.done === true) return begun;
      const { event } = JSON.parse(line.value) as { event: { type: string } };
      if (event.type === 'step.started') begun += 1;
      if (begun === step || event.type === 'rollout.ended') return begun;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watching.signal('SIGKILL');
    await this.#watching.result;
  }
}

/** Copies of an installed berth, each with a higher version than the one before. */
class Berths implements AsyncDisposable {
  readonly #installed: Awaited<ReturnType<typeof installBerth>>;
  readonly #directory: string;
  #made = 0;

  private constructor(installed: Awaited<ReturnType<typeof installBerth>>, directory: string) {
    this.#installed = installed;
    this.#directory = directory;
  }

  static async open(): Promise<Berths> {
    return new Berths(await installBerth(), await mkdtemp(path.join(tmpdir(), 'berth-versions-')));
  }

  /** The launcher of the next version. */
  async next(): Promise<string> {
    const from = path.resolve(path.dirname(this.#installed.file), '../lib/node_modules/berth');
    const to = path.join(this.#directory, String(this.#made));
    await mkdir(to);
    for (const part of ['bin', 'dist']) await cp(path.join(from, part), path.join(to, part), { recursive: true });
    await symlink(path.join(from, 'node_modules'), path.join(to, 'node_modules'));
    await raiseVersion(path.join(to, 'dist'), this.#made++);
    return path.join(to, 'bin/berth');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#installed[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** The bundle has its version from package.json, as a string of its own. */
async function raiseVersion(dist: string, by: number): Promise<void> {
  let raised = 0;
  for (const name of await readdir(dist, { recursive: true })) {
    if (!name.endsWith('.cjs')) continue;
    const file = path.join(dist, name);
    const text = await readFile(file, 'utf8');
    const other = text.replace(/^(var version = "\d+\.\d+\.)(\d+)(";)$/m, (_all, before: string, patch: string, after: string) => {
      raised += 1;
      return `${before}${Number(patch) + by}${after}`;
    });
    if (other !== text) await writeFile(file, other);
  }
  if (raised !== 1) throw new Error(`The bundle has its version in ${raised} places.`);
}
