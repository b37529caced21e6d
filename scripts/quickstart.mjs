// `npm run quickstart [-- --down]`: does all set-up, then deploys, updates, breaks and rolls back an application under load.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureEngine, startedEngine, stopEngine } from './setup/engine.mjs';
import { findNode, projectEnvironment } from './setup/node.mjs';
import { ensurePackages } from './setup/packages.mjs';
import { hand, main, root, run, say } from './setup/process.mjs';

const startedMs = Date.now();
const down = process.argv.includes('--down');

await main(
  async () => {
    await ensureDependencies();
    if (!down || existsSync(path.join(root, '.cache/quickstart.json'))) await ensureEngine();
    if (!down) await ensurePackages(['mmdebstrap'], 'make base images where no image registry can be reached');
    const environment = { ...projectEnvironment(), QUICKSTART_STARTED_MS: String(startedMs) };
    const code = await hand(findNode(), ['scripts/quickstart/main.ts', ...process.argv.slice(2)], environment);
    if (down && code === 0) {
      await stopUnusedEngine();
      console.log('quickstart: ok everything it made is gone');
    }
    return code;
  },
  (why) => console.log(`quickstart: failed: ${why}`),
);

/** The engine goes too if set-up started it, and nobody else has come to use it. */
async function stopUnusedEngine() {
  if (!startedEngine()) return;
  const { code, output } = await run('docker', ['ps', '-q']).catch(() => ({ code: 1, output: '' }));
  if (code === 0 && output.trim() !== '') say('the engine stays up: other containers run on it');
  else {
    await stopEngine();
    say('stopped the engine that set-up had started');
  }
}
