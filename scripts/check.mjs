// `npm run check`: types, lint with the layer rules, format, unused code, generated files, open ends, unit tests.
import { ensureDependencies } from './setup/dependencies.mjs';
import { findNode, projectEnvironment } from './setup/node.mjs';
import { ensurePackages } from './setup/packages.mjs';
import { hand, main, which } from './setup/process.mjs';

await main(async () => {
  await ensureDependencies();
  if (which('openssl') === undefined) await ensurePackages(['openssl'], 'run the unit tests');
  return hand(findNode(), ['scripts/check/main.ts'], projectEnvironment());
});
