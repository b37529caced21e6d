import { it } from 'vitest';
import type { ContainerBody, ContainerDetails, Engine } from '../../src/ports/index.ts';
import { programs } from './programs.ts';

/** An engine to hold against the contract, with the tiny image of `programs.ts` on it as `image`. */
export type EngineUnderTest = {
  readonly engine: Engine;
  readonly image: string;
  /** Begins every name; nothing else on the engine has it. */
  readonly prefix: string;
  /** Three private /24 subnets that are free. */
  readonly subnets: readonly [string, string, string];
  sleep(ms: number): Promise<void>;
  /** Runs a test's work; a fake lets its time pass meanwhile. */
  run<T>(work: Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** The engine under test and what its tests need again and again. */
export class ContractKit {
  #world: EngineUnderTest | undefined;
  readonly labels = { 'contract.run': '' };

  open(world: EngineUnderTest): void {
    this.#world = world;
    this.labels['contract.run'] = world.prefix;
  }

  get world(): EngineUnderTest {
    if (this.#world === undefined) throw new Error('the engine under test could not be made');
    return this.#world;
  }

  get engine(): Engine {
    return this.world.engine;
  }

  name(suffix: string): string {
    return `${this.world.prefix}-${suffix}`;
  }

  test(title: string, work: () => Promise<void>): void {
    it(title, () => this.world.run(work()), 30_000);
  }

  body(program: keyof typeof programs, more: Partial<ContainerBody> = {}): ContainerBody {
    const HostConfig = { NetworkMode: 'none', ...more.HostConfig };
    return { Image: this.world.image, Cmd: programs[program].command, Labels: this.labels, ...more, HostConfig };
  }

  async start(suffix: string, program: keyof typeof programs, more: Partial<ContainerBody> = {}): Promise<string> {
    const id = await this.engine.createContainer(this.name(suffix), this.body(program, more));
    await this.engine.startContainer(id);
    return id;
  }

  async need(id: string): Promise<ContainerDetails> {
    const details = await this.engine.inspectContainer(id);
    if (details === undefined) throw new Error(`no container ${id}`);
    return details;
  }

  async until(what: string, check: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 400; tries++) {
      // oxlint-disable-next-line no-await-in-loop
      if (await check()) return;
      // oxlint-disable-next-line no-await-in-loop
      await this.world.sleep(25);
    }
    throw new Error(`did not happen in 10 s: ${what}`);
  }

  /** Whether a container has printed a text. */
  async printed(id: string, text: string): Promise<boolean> {
    for await (const line of this.engine.containerLogs(id, {})) if (line.text.includes(text)) return true;
    return false;
  }

  remove(id: string): Promise<void> {
    return this.engine.removeContainer(id, { force: true, volumes: true });
  }

  async close(): Promise<void> {
    const { world, engine } = this;
    await world.run(
      (async () => {
        const left = await engine.listContainers({ labels: this.labels, all: true });
        await Promise.all(left.map((c) => this.remove(c.id)));
        for (const n of await engine.listNetworks()) {
          // oxlint-disable-next-line no-await-in-loop
          if (n.name.startsWith(this.world.prefix)) await engine.removeNetwork(n.name);
        }
        const volumes = await engine.listVolumes({ labels: this.labels });
        await Promise.all(volumes.map((v) => engine.removeVolume(v.name)));
      })(),
    );
    await world.close();
  }
}

/** What an error must carry. */
export const refused = (code: string): Record<string, unknown> => ({ name: 'BerthError', code });
