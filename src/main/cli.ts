import { enableCompileCache } from 'node:module';

// Before anything else is loaded, so that everything else comes from the cache.
enableCompileCache();
const { runCli } = await import('./cli-process.ts');
await runCli();
