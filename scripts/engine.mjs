// `node scripts/engine.mjs start|stop`: makes sure of a container engine, or stops the one that `start` started.
import { ensureEngine, stopEngine } from './setup/engine.mjs';
import { SetupError, main } from './setup/process.mjs';

await main(async () => {
  const [verb] = process.argv.slice(2);
  if (verb === 'start') {
    const { started } = await ensureEngine();
    console.log(started ? 'engine: started' : 'engine: was running');
  } else if (verb === 'stop') {
    console.log((await stopEngine()) ? 'engine: stopped' : 'engine: not started here');
  } else {
    throw new SetupError('usage: node scripts/engine.mjs start|stop');
  }
  return 0;
});
