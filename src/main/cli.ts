import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Before anything else is loaded, so that everything else comes from the cache.
enableCompileCache();
// The package is CommonJS, where a module cannot wait.
void import('./cli-process.ts').then(({ runCli }) => runCli(fileURLToPath(import.meta.url)));
