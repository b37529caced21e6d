import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { which } from '../../../scripts/setup/process.mjs';
import { unpackPackages } from './unpacked.ts';

const execute = promisify(execFile);
const sources = path.resolve(import.meta.dirname, '../resolvers');
const cache = path.resolve(import.meta.dirname, '../../../.cache/resolvers');
const libraries = 'usr/lib/x86_64-linux-gnu';

/** A program that resolves names in its own way, and the variables that it needs; or why there is none here. */
export type ResolverProgram = { readonly file: string; readonly env: NodeJS.ProcessEnv } | { readonly missing: string };

/** Makes the programs that call a service by its name: with the C library musl, with glibc, with Go's own resolver, and nginx. */
export async function resolverPrograms(): Promise<Readonly<Record<'musl' | 'glibc' | 'go' | 'nginx', ResolverProgram>>> {
  await mkdir(cache, { recursive: true });
  const glibc = await made('glibc', (file) => execute('gcc', ['-O1', '-o', file, source('probe.c')]));
  const musl = await made('musl', withMusl);
  const go = await made('go', (file) =>
    execute(which('go') ?? '/usr/local/go/bin/go', ['build', '-o', file, source('probe.go')], {
      env: { ...process.env, CGO_ENABLED: '0', GO111MODULE: 'off', GOFLAGS: '' },
    }),
  );
  return { musl, glibc, go, nginx: await fetchNginx() };
}

const source = (name: string): string => path.join(sources, name);

async function made(name: string, make: (file: string) => Promise<unknown>): Promise<ResolverProgram> {
  const file = path.join(cache, name);
  try {
    await make(file);
    return { file, env: {} };
  } catch (error) {
    return { missing: `no ${name}: ${String(error).slice(0, 100)}` };
  }
}

async function withMusl(file: string): Promise<void> {
  const into = path.join(cache, 'musl-dev');
  const root = path.join(into, 'root');
  const own = path.join(root, 'usr/lib/x86_64-linux-musl');
  if (!existsSync(path.join(own, 'libc.a'))) await unpackPackages(['musl-dev'], into);
  const headers = ['-nostdinc', '-isystem', path.join(root, 'usr/include/x86_64-linux-musl')];
  const begin = ['crt1.o', 'crti.o'].map((name) => path.join(own, name));
  const end = [path.join(own, 'libc.a'), '-lgcc', '-lgcc_eh', path.join(own, 'crtn.o')];
  await execute('gcc', ['-O1', '-static', '-nostdlib', ...headers, '-o', file, ...begin, source('probe.c'), ...end]);
}

async function fetchNginx(): Promise<ResolverProgram> {
  const into = path.join(cache, 'nginx');
  const root = path.join(into, 'root');
  const file = path.join(root, 'usr/sbin/nginx');
  try {
    if (!existsSync(file)) await unpackPackages(['nginx', 'libpcre2-8-0'], into);
    return { file, env: { LD_LIBRARY_PATH: path.join(root, libraries) } };
  } catch (error) {
    return { missing: `no nginx: ${String(error).slice(0, 100)}` };
  }
}
