import { sha256 } from '../../src/kit/index.ts';
import { labels, type Front } from '../../src/model/index.ts';
import type { DataPlane, Fronts } from '../../src/ports/index.ts';
import { FakeDataPlane } from './data-plane.ts';
import { newContainer, toEndpoint } from './engine/container.ts';
import type { FakeContainer } from './engine/machine.ts';
import type { FakeEngine } from './engine/engine.ts';

const image = 'berth/haproxy:fake';

type FakeFrontsInput = { readonly engine: FakeEngine; readonly installation: () => string };

/** The front of one service: a fake data plane with a container on the fake engine, which holds its networks and addresses. */
export class FakeFront extends FakeDataPlane {
  /** Where it was last said to be; `apply` puts it there. */
  wanted: Front;
  /** How many containers it has had. */
  made = 0;
  readonly #input: FakeFrontsInput;

  constructor(input: FakeFrontsInput, front: Front) {
    super(input.engine.clock);
    this.#input = input;
    this.wanted = front;
  }

  /** Its container, or undefined when there is none. */
  container(): FakeContainer | undefined {
    return this.#input.engine.machine.find(nameOf(this.wanted, this.#input.installation()));
  }

  protected override place(): void {
    const { machine } = this.#input.engine;
    const before = this.container();
    if (before !== undefined && before.state === 'running' && placesOf(before) === wantedPlaces(this.wanted)) return;
    if (before !== undefined) this.#take(before);
    const c = this.#make();
    machine.containers.set(c.id, c);
    machine.start(c);
  }

  protected override displace(): void {
    const c = this.container();
    if (c !== undefined) this.#take(c);
  }

  #make(): FakeContainer {
    const { engine, installation } = this.#input;
    const { app, service, networks } = this.wanted;
    const held = engine.images.find(image) ?? engine.images.add(image, {});
    const Labels = {
      [labels.role]: 'front',
      [labels.app]: app,
      [labels.service]: service,
      [labels.installation]: installation(),
    };
    const body = { Image: image, Labels, HostConfig: { RestartPolicy: { Name: 'always' } } };
    const name = nameOf(this.wanted, installation());
    const id = sha256(`${name} ${++this.made}`);
    const c = newContainer({ id, name, body, image: held, atMs: engine.clock.now(), mounts: [] });
    c.endpoints.clear();
    for (const n of networks) {
      const fixed = n.address === undefined ? {} : { IPAMConfig: { IPv4Address: n.address } };
      c.endpoints.set(n.name, toEndpoint({ Aliases: n.aliases, ...fixed }));
    }
    return c;
  }

  #take(c: FakeContainer): void {
    const { machine } = this.#input.engine;
    c.stoppedByUser = true;
    machine.end(c, { code: 0 });
    machine.containers.delete(c.id);
  }
}

/** The fronts of an installation on a fake engine. `front` answers the fake itself, for faults and traffic. */
export class FakeFronts implements Fronts {
  readonly #input: FakeFrontsInput;
  readonly #fronts = new Map<string, FakeFront>();
  /** Called after each acknowledged change of any front, while the change is still fresh. */
  onChange: ((front: FakeFront) => void) | undefined;

  constructor(input: FakeFrontsInput) {
    this.#input = input;
  }

  /** The front of a service as it was last opened, or undefined. */
  front(app: string, service: string): FakeFront | undefined {
    return this.#fronts.get(`${app}/${service}`);
  }

  open(front: Front): DataPlane {
    const key = `${front.app}/${front.service}`;
    const known = this.#fronts.get(key) ?? new FakeFront(this.#input, front);
    known.onChange = () => this.onChange?.(known);
    known.wanted = structuredClone(front);
    this.#fronts.set(key, known);
    return known;
  }

  list(): Promise<readonly Pick<Front, 'app' | 'service'>[]> {
    const there = [...this.#fronts.values()].filter((f) => f.container() !== undefined);
    return Promise.resolve(there.map(({ wanted: { app, service } }) => ({ app, service })));
  }
}

function nameOf({ app, service }: Pick<Front, 'app' | 'service'>, installation: string): string {
  return `berth-front-${installation.slice(0, 12)}-${app}-${service}`;
}

function wantedPlaces({ networks }: Front): string {
  return networks
    .map((n) => JSON.stringify([n.name, n.address ?? '', n.aliases]))
    .toSorted((a, b) => a.localeCompare(b))
    .join();
}

function placesOf(c: FakeContainer): string {
  return [...c.endpoints]
    .map(([name, e]) => JSON.stringify([name, e.wanted ?? '', e.aliases]))
    .toSorted((a, b) => a.localeCompare(b))
    .join();
}
