import { createServer } from 'node:net';
import { FakeClock } from '../fakes/clock.ts';
import { dataPlaneContract } from '../fakes/data-plane-contract.ts';
import { FakeDataPlane } from '../fakes/data-plane.ts';
import { openEdge, startApp } from './haproxy-kit.ts';

dataPlaneContract('the fake data plane', async () => {
  const dataPlane = new FakeDataPlane(new FakeClock());
  dataPlane.held.set(':18361', 'somebody');
  return { dataPlane, freePort: 18_360, heldPort: 18_361, instancePort: 3_000, close: async () => undefined };
});

dataPlaneContract('HAProxy', async () => {
  const [under, app] = await Promise.all([openEdge(), startApp('app')]);
  const held = createServer();
  await new Promise<void>((resolve) => held.listen(18_361, '127.0.0.1', resolve));
  return {
    dataPlane: under.edge,
    freePort: 18_360,
    heldPort: 18_361,
    instancePort: app.port,
    async close() {
      held.close();
      await Promise.all([under.close(), app.stop()]);
    },
  };
});
