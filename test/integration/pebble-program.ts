import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { unpackPackages } from '../e2e/harness/unpacked.ts';

const execute = promisify(execFile);
const cache = path.resolve(import.meta.dirname, '../../.cache/pebble');
const packaged = path.join(cache, 'root/usr/bin/pebble');
const built = path.join(cache, 'bin/pebble');

/** Pebble, the ACME server that is made for tests: of Debian's package, else built with Go; or why there is none here. */
export async function pebbleProgram(): Promise<{ readonly file: string } | { readonly missing: string }> {
  const known = [packaged, built].find((file) => existsSync(file));
  if (known !== undefined) return { file: known };
  try {
    await unpackPackages(['pebble'], cache);
    return { file: packaged };
  } catch {
    return buildProgram();
  }
}

async function buildProgram(): Promise<{ readonly file: string } | { readonly missing: string }> {
  const environment = { ...process.env, GOBIN: path.dirname(built), PATH: `${process.env['PATH'] ?? ''}:/usr/local/go/bin` };
  try {
    await execute('go', ['install', 'github.com/letsencrypt/pebble/v2/cmd/pebble@v2.8.0'], { env: environment });
    return { file: built };
  } catch (error) {
    return { missing: `Pebble is neither a package of this machine's Debian nor could Go build it: ${String(error).slice(0, 200)}` };
  }
}
