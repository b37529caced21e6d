import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Front, ProxyConfig } from '../../src/model/index.ts';
import type { Fronts } from '../../src/ports/index.ts';

/** Fronts of an app `shop` without any front yet, and a network that they can join, with two addresses free for them. */
export type FrontsSubject = {
  readonly fronts: Fronts;
  readonly network: string;
  readonly addresses: readonly [string, string];
  /** The addresses on the network that names and aliases lead to, as the engine has them. */
  addressesOf(alias: string): Promise<readonly string[]>;
  close(): Promise<void>;
};

/** What the fronts of every data plane do, the real ones and the fakes. */
export function frontsContract(name: string, open: () => Promise<FrontsSubject>): void {
  describe(name, () => {
    let subject: FrontsSubject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.close());

    const front = (service: string, address: string, aliases: readonly string[] = [service]): Front => ({
      app: 'shop',
      service,
      networks: [{ name: subject.network, address, aliases }],
    });
    const config = (service: string): ProxyConfig => ({
      listeners: [{ address: '', port: 3_000, mode: 'http', rules: [], fallback: `shop.${service}.3000` }],
      backends: [{ name: `shop.${service}.3000`, app: 'shop', service, mode: 'http', check: { kind: 'tcp' }, servers: [] }],
    });
    const services = async (): Promise<string[]> => (await subject.fronts.list()).map((f) => `${f.app}/${f.service}`).toSorted();

    test('does nothing where there is nothing to do', async () => {
      const api = subject.fronts.open(front('api', subject.addresses[0]));
      expect(await api.apply({ listeners: [], backends: [] })).toEqual({ reloaded: false });
      expect(await api.stats()).toEqual([]);
      await api.remove();
      expect(await services()).toEqual([]);
    });

    test('has the address and the names that it was given, each front its own', async () => {
      const [first, second] = subject.addresses;
      expect(await subject.fronts.open(front('api', first)).apply(config('api'))).toEqual({ reloaded: true });
      expect(await subject.fronts.open(front('cart', second, ['cart', 'basket'])).apply(config('cart'))).toEqual({ reloaded: true });
      expect(await services()).toEqual(['shop/api', 'shop/cart']);
      expect(await subject.addressesOf('api')).toEqual([first]);
      expect(await subject.addressesOf('cart')).toEqual([second]);
      expect(await subject.addressesOf('basket')).toEqual([second]);
    });

    test('finds a front again and leaves it as it is', async () => {
      expect(await subject.fronts.open(front('api', subject.addresses[0])).apply(config('api'))).toEqual({ reloaded: false });
    });

    test('takes another name', async () => {
      const [first] = subject.addresses;
      await subject.fronts.open(front('api', first, ['api', 'backend'])).apply(config('api'));
      expect(await subject.addressesOf('backend')).toEqual([first]);
      expect(await subject.addressesOf('api')).toEqual([first]);
    });

    test('holds no port of the machine', async () => {
      const api = subject.fronts.open(front('api', subject.addresses[0]));
      expect(await api.portHolder({ address: '', port: 3_000 })).toBeUndefined();
    });

    test('is gone after it was removed, twice, and the others stay', async () => {
      const api = subject.fronts.open(front('api', subject.addresses[0]));
      await api.remove();
      await api.remove();
      expect(await services()).toEqual(['shop/cart']);
      expect(await subject.addressesOf('api')).toEqual([]);
      await subject.fronts.open(front('cart', subject.addresses[1])).remove();
      expect(await services()).toEqual([]);
    });
  });
}
