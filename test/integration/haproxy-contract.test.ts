import { createServer } from 'node:net';
import { FakeClock } from '../fakes/clock.ts';
import { dataPlaneContract } from '../fakes/data-plane-contract.ts';
import { FakeDataPlane } from '../fakes/data-plane.ts';
import { freePort } from '../e2e/harness/free-port.ts';
import { openEdge, startApp } from './haproxy-kit.ts';

const free = await freePort(2);

dataPlaneContract('the fake data plane', async () => {
  const dataPlane = new FakeDataPlane(new FakeClock());
  dataPlane.held.set(`:${free + 1}`, 'somebody');
  return { dataPlane, freePort: free, heldPort: free + 1, instancePort: 3_000, close: async () => undefined };
});

dataPlaneContract('HAProxy', async () => {
  const [under, app] = await Promise.all([openEdge(), startApp('app')]);
  const held = createServer();
  await new Promise<void>((resolve) => held.listen(free + 1, '127.0.0.1', resolve));
  return {
    dataPlane: under.edge,
    freePort: free,
    heldPort: free + 1,
    instancePort: app.port,
    async close() {
      held.close();
      await Promise.all([under.close(), app.stop()]);
    },
  };
});
