// `npm run check`: types, lint with the layer rules, format, unused code, generated files, open ends, unit tests.
import { ensureDependencies } from './setup/dependencies.mjs';
import { findNode, projectEnvironment } from './setup/node.mjs';
import { hand, main } from './setup/process.mjs';

await main(async () => {
  await ensureDependencies();
  return hand(findNode(), ['scripts/check/main.ts'], projectEnvironment());
});
