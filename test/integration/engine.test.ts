import { setTimeout as sleep } from 'node:timers/promises';
import { connectEngine, findEngine } from '../../src/docker/index.ts';
import { engineContract } from '../contract/engine.ts';
import { tinyImageChanges } from '../contract/programs.ts';
import { importTinyImage } from '../contract/tiny-image.ts';

const prefix = `t-engine-${process.pid}`;

engineContract('the engine of this machine', async () => {
  const { socket } = await findEngine({ environment: process.env });
  const engine = connectEngine({ socket, clock: Date });
  await importTinyImage(engine, { repository: prefix, tag: '1', changes: tinyImageChanges });
  return {
    engine,
    image: `${prefix}:1`,
    prefix,
    subnets: ['10.213.11.0/24', '10.213.12.0/24', '10.213.13.0/24'],
    sleep: (ms) => sleep(ms),
    run: (work) => work,
    close: async () => {
      await engine.removeImage(`${prefix}:1`);
      engine.close();
    },
  };
});
