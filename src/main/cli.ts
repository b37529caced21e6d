import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Before anything else is loaded, so that everything else comes from the cache.
enableCompileCache();
const { runCli } = await import('./cli-process.ts');
await runCli(fileURLToPath(import.meta.url));
