// `npm run dev [-- NAME]`: runs the unit tests beside the sources again at every change.
import path from 'node:path';
import { ensureDependencies } from './setup/dependencies.mjs';
import { findNode, projectEnvironment } from './setup/node.mjs';
import { hand, main, root } from './setup/process.mjs';

await main(async () => {
  await ensureDependencies();
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  return hand(findNode(), [vitest, 'watch', '--project', 'unit', ...process.argv.slice(2)], projectEnvironment());
});
