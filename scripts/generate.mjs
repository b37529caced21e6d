// `npm run generate [-- --check]`: writes the files that are made from code, or says which are stale.
import { ensureDependencies } from './setup/dependencies.mjs';
import { findNode, projectEnvironment } from './setup/node.mjs';
import { hand, main } from './setup/process.mjs';

await main(async () => {
  await ensureDependencies();
  return hand(findNode(), ['scripts/generate/main.ts', ...process.argv.slice(2)], projectEnvironment());
});
