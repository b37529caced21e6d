// `npm test [-- FILTER…]`: does all set-up, runs every test, and stops the engine if it had to start it.
import path from 'node:path';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureEngine, stopEngine } from './setup/engine.mjs';
import { findNode, projectEnvironment } from './setup/node.mjs';
import { ensurePackages } from './setup/packages.mjs';
import { hand, main, root } from './setup/process.mjs';
import { report } from './check/report.mjs';

await main(async () => {
  await ensureDependencies();
  await ensurePackages(['mmdebstrap', 'busybox-static', 'iproute2', 'openssl', 'procps', 'python3'], 'run the tests');
  const { started } = await ensureEngine();
  try {
    const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
    return await hand(findNode(), [vitest, 'run', ...report('test'), ...process.argv.slice(2)], projectEnvironment());
  } finally {
    if (started) await stopEngine();
  }
});
