import { BerthError } from '../../../src/errors/index.ts';
import type * as ports from '../../../src/ports/index.ts';
import type { FakeClock } from '../clock.ts';
import { Faults } from './faults.ts';
import { FakeImages } from './images.ts';
import { FakeMachine } from './machine.ts';
import { FakeNetworks } from './networks.ts';
import { seededRandom } from '../ids.ts';

/** What a fake engine holds, and the one way in for every call of the port: counted, faulted, refused while down. */
export class FakeEngineState {
  readonly clock: FakeClock;
  readonly images: FakeImages;
  readonly networks: FakeNetworks;
  readonly machine: FakeMachine;
  readonly volumes = new Map<string, ports.VolumeDetails>();
  readonly faults: Faults;
  /** Every call so far, oldest first. */
  readonly calls: (keyof ports.Engine)[] = [];
  protected readonly random: () => number;
  protected downUntilMs = 0;
  #ids = 0;

  constructor(input: { clock: FakeClock; seed?: number }) {
    const seed = input.seed ?? 1;
    this.clock = input.clock;
    this.random = seededRandom(seed + 1);
    this.faults = new Faults(input.clock, seed);
    this.images = new FakeImages(
      () => this.nextId(),
      () => input.clock.now(),
    );
    this.networks = new FakeNetworks(() => this.nextId());
    this.machine = new FakeMachine(input.clock, this.networks);
  }

  protected nextId(): string {
    return (++this.#ids).toString(16).padStart(12, '0').padEnd(64, '0');
  }

  protected call<T>(method: keyof ports.Engine, signal: AbortSignal | undefined, work: () => T | Promise<T>): Promise<T> {
    this.calls.push(method);
    if (this.clock.now() < this.downUntilMs) {
      return Promise.reject(new BerthError('ENGINE_UNREACHABLE', `Could not ${method}: the engine is down.`));
    }
    return this.faults.around(method, signal, work);
  }
}
