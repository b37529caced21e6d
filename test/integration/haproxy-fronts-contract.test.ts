import { FakeClock } from '../fakes/clock.ts';
import { FakeEngine } from '../fakes/engine.ts';
import { FakeFronts } from '../fakes/fronts.ts';
import { frontsContract } from '../fakes/fronts-contract.ts';

frontsContract('the fake fronts', async () => {
  const engine = new FakeEngine({ clock: new FakeClock() });
  const network = 'shop_default';
  await engine.createNetwork({ Name: network, Labels: {}, IPAM: { Config: [{ Subnet: '10.9.9.0/24' }] } });
  return {
    fronts: new FakeFronts({ engine, installation: () => 'installation' }),
    network,
    addresses: ['10.9.9.10', '10.9.9.11'],
    async addressesOf(alias) {
      const places = [...engine.machine.containers.values()].map((c) => c.endpoints.get(network));
      return places.flatMap((e) => (e?.aliases.includes(alias) === true ? [e.address] : []));
    },
    close: async () => undefined,
  };
});
