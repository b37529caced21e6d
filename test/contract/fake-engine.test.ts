import { FakeClock } from '../fakes/clock.ts';
import { FakeEngine } from '../fakes/engine/engine.ts';
import { engineContract } from './engine.ts';
import { fakeTinyImage } from './programs.ts';

engineContract('fake', async () => {
  const clock = new FakeClock();
  const engine = new FakeEngine({ clock });
  engine.addImage('tiny:1', fakeTinyImage);
  return {
    engine,
    image: 'tiny:1',
    prefix: 't-engine',
    subnets: ['10.201.1.0/24', '10.201.2.0/24', '10.201.3.0/24'],
    sleep: (ms) => clock.sleep(ms),
    run: (work) => clock.run(work),
    close: async () => undefined,
  };
});
