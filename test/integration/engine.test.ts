import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEngine, findEngine } from '../../src/docker/index.ts';
import { engineContract } from '../contract/engine.ts';
import { tinyImageChanges } from '../contract/programs.ts';
import { importTinyImage } from '../contract/tiny-image.ts';

const prefix = `t-engine-${process.pid}`;
const second = randomInt(100, 200);

engineContract('the engine of this machine', async () => {
  const { socket } = await findEngine({ environment: process.env });
  const engine = connectEngine({ socket, clock: Date });
  await importTinyImage(engine, { repository: prefix, tag: '1', changes: tinyImageChanges });
  return {
    engine,
    image: `${prefix}:1`,
    prefix,
    subnets: [`10.${second}.1.0/24`, `10.${second}.2.0/24`, `10.${second}.3.0/24`],
    sleep: (ms) => sleep(ms),
    run: (work) => work,
    close: async () => {
      await engine.removeImage(`${prefix}:1`);
      engine.close();
    },
  };
});
