import { BerthError } from '../../../src/errors/index.ts';
import type { EndpointBody, NetworkBody, NetworkDetails } from '../../../src/ports/index.ts';

/** A container's place on a network. `wanted` is a fixed address; `address` is held only while it runs. */
export type FakeEndpoint = { readonly aliases: readonly string[]; readonly wanted: string | undefined; address: string };

export type FakeNetwork = {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly subnet: string;
  readonly gateway: string;
  /** Address to container id. */
  readonly held: Map<string, string>;
  readonly userSubnet: boolean;
};

const toNumber = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const toAddress = (n: number): string => [24, 16, 8, 0].map((bits) => Math.floor(n / 2 ** bits) % 256).join('.');

/** First and last address of a subnet, as numbers. */
function range(subnet: string): readonly [number, number] {
  const [base = '0.0.0.0', bits = '32'] = subnet.split('/');
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(toNumber(base) / size) * size;
  return [first, first + size - 1];
}

const overlaps = (a: string, b: string): boolean => {
  const [a1, a2] = range(a);
  const [b1, b2] = range(b);
  return a1 <= b2 && b1 <= a2;
};

/** The networks of a fake engine: subnets that must not overlap, and addresses that only one running container holds. */
export class FakeNetworks {
  readonly byName = new Map<string, FakeNetwork>();
  readonly #nextId: () => string;

  constructor(nextId: () => string) {
    this.#nextId = nextId;
    for (const name of ['host', 'none']) this.#add({ Name: name, Driver: name === 'none' ? 'null' : 'host', Labels: {} }, '');
    this.#add({ Name: 'bridge', Driver: 'bridge', Labels: {} }, '172.17.0.0/16');
  }

  find(nameOrId: string): FakeNetwork | undefined {
    return this.byName.get(nameOrId) ?? [...this.byName.values()].find((n) => n.id === nameOrId);
  }

  create(body: NetworkBody): FakeNetwork {
    if (this.byName.has(body.Name)) {
      throw new BerthError('ENGINE_CONFLICT', `Could not create network ${body.Name}: one of this name exists.`, {
        details: { status: 409 },
      });
    }
    const wanted = body.IPAM?.Config[0]?.['Subnet'];
    if (typeof wanted !== 'string') return this.#add(body, this.#freeSubnet());
    if ([...this.byName.values()].some((n) => n.subnet !== '' && overlaps(n.subnet, wanted))) {
      throw new BerthError('ENGINE_REFUSED', `Could not create network ${body.Name}: Pool overlaps with other one on this address space.`, {
        details: { status: 403 },
      });
    }
    return this.#add(body, wanted);
  }

  /** Whether a fixed address may be asked for on this network (only where the user gave the subnet). */
  checkWanted(network: FakeNetwork, endpoint: EndpointBody): void {
    if (endpoint.IPAMConfig?.IPv4Address === undefined || network.userSubnet) return;
    throw new BerthError('ENGINE_REFUSED', `Could not use a fixed address on ${network.name}: its subnet was not given by the user.`, {
      details: { status: 400 },
    });
  }

  /** Takes the wanted address, or the lowest free one. */
  take(network: FakeNetwork, endpoint: FakeEndpoint, container: string): void {
    if (network.subnet === '') return;
    if (endpoint.wanted !== undefined) {
      const holder = network.held.get(endpoint.wanted);
      if (holder !== undefined && holder !== container) {
        throw new BerthError('ENGINE_REFUSED', `Could not start the container: Address already in use on ${network.name}.`, {
          details: { status: 403 },
        });
      }
      endpoint.address = endpoint.wanted;
    } else {
      const [first, last] = range(network.subnet);
      let candidate = first + 2;
      while (candidate < last && network.held.has(toAddress(candidate))) candidate++;
      endpoint.address = toAddress(candidate);
    }
    network.held.set(endpoint.address, container);
  }

  free(network: FakeNetwork, endpoint: FakeEndpoint): void {
    network.held.delete(endpoint.address);
    endpoint.address = '';
  }

  #freeSubnet(): string {
    for (let second = 18; second < 32; second++) {
      const candidate = `172.${second}.0.0/16`;
      if (![...this.byName.values()].some((n) => n.subnet !== '' && overlaps(n.subnet, candidate))) return candidate;
    }
    throw new BerthError('ENGINE_REFUSED', 'Could not create the network: could not find an available address pool.', {
      details: { status: 400 },
    });
  }

  #add(body: NetworkBody, subnet: string): FakeNetwork {
    const network: FakeNetwork = {
      id: this.#nextId(),
      name: body.Name,
      driver: body.Driver ?? 'bridge',
      internal: body.Internal ?? false,
      labels: body.Labels,
      options: body.Options ?? {},
      subnet,
      gateway: subnet === '' ? '' : toAddress(range(subnet)[0] + 1),
      held: new Map(),
      userSubnet: body.IPAM?.Config[0]?.['Subnet'] !== undefined,
    };
    this.byName.set(network.name, network);
    return network;
  }
}

/** What `listNetworks` answers. */
export function toNetwork(n: FakeNetwork): NetworkDetails {
  return {
    id: n.id,
    name: n.name,
    driver: n.driver,
    internal: n.internal,
    labels: n.labels,
    subnets: n.subnet === '' ? [] : [{ subnet: n.subnet, gateway: n.gateway }],
    containers: [],
    options: n.options,
  };
}
