// `npm run bench -- NAME… [--json]`: does all set-up, measures, and stops the engine if it had to start it.
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureEngine, stopEngine } from './setup/engine.mjs';
import { findNode, projectEnvironment } from './setup/node.mjs';
import { ensurePackages } from './setup/packages.mjs';
import { hand, main } from './setup/process.mjs';

await main(async () => {
  await ensureDependencies();
  const names = process.argv.slice(2);
  const command = () => hand(findNode(), ['test/bench/main.ts', ...names], projectEnvironment());
  if (names.length === 0 || names.includes('--help')) return command();
  await ensurePackages(['mmdebstrap', 'busybox-static', 'wrk'], 'measure');
  const { started } = await ensureEngine();
  try {
    return await command();
  } finally {
    if (started) await stopEngine();
  }
});
