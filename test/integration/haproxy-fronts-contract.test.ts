import { labels } from '../../src/model/index.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeEngine } from '../fakes/engine/engine.ts';
import { FakeFronts } from '../fakes/fronts.ts';
import { frontsContract } from '../fakes/fronts-contract.ts';
import { openEdge, openNetwork } from './haproxy-kit.ts';

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

frontsContract('fronts of HAProxy', async () => {
  const under = await openEdge();
  const network = `t-fronts-${under.installation}`;
  const own = await openNetwork(network);
  return {
    fronts: under.fronts,
    network,
    addresses: [own.address(10), own.address(11)],
    async addressesOf(alias) {
      const found = await under.engine.listContainers({ labels: { [labels.installation]: under.installation } });
      const details = await Promise.all(found.map((c) => under.engine.inspectContainer(c.id)));
      const places = details.map((d) => d?.networks[network]);
      return places.flatMap((place) => (place?.aliases.includes(alias) === true ? [place.address] : []));
    },
    async close() {
      await under.close();
      await own.close();
    },
  };
});
