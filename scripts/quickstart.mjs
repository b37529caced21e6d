// `npm run quickstart [-- --down]`: does all set-up, then deploys, updates, breaks and rolls back an application under load.
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureEngine, stopEngine } from './setup/engine.mjs';
import { findNode, projectEnvironment } from './setup/node.mjs';
import { ensurePackages } from './setup/packages.mjs';
import { hand, main } from './setup/process.mjs';

const startedMs = Date.now();
const down = process.argv.includes('--down');

await main(
  async () => {
    await ensureDependencies();
    await ensureEngine();
    if (!down) await ensurePackages(['mmdebstrap'], 'make base images where no image registry can be reached');
    const environment = { ...projectEnvironment(), QUICKSTART_STARTED_MS: String(startedMs) };
    const code = await hand(findNode(), ['scripts/quickstart/main.ts', ...process.argv.slice(2)], environment);
    if (down && code === 0) await stopEngine();
    return code;
  },
  (why) => console.log(`quickstart: failed: ${why}`),
);
