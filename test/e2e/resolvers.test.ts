import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { losses, sum } from '../../scripts/load/plan.ts';
import { Caller } from './harness/caller.ts';
import { Site, web } from './harness/index.ts';
import { resolverPrograms } from './harness/resolver-probes.ts';

type Seen = { readonly ok: number; readonly lost: number; readonly why: string; readonly addresses: readonly string[] };

const { nginx, ...probes } = await resolverPrograms();
const found = Object.entries(probes).flatMap(([name, program]) => ('missing' in program ? [] : [{ name, ...program }]));
const missing = [nginx, ...Object.values(probes)].flatMap((program) => ('missing' in program ? [program.missing] : []));

/** Asks the engine's resolver again and again, and, the second, only when it starts. */
const nginxConfiguration = `daemon off; worker_processes 1; pid nginx.pid; error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_next_upstream off;
  upstream once { server api:3000; keepalive 8; }
  server { listen 8081; resolver 127.0.0.11 valid=1s; location / { set $name api; proxy_pass http://$name:3000; } }
  server { listen 8082; location / { proxy_pass http://once; } }
}
`;

test(`whichever way a client resolves a service's name, it is told one address, and an update loses none of its calls${missing.map((m) => ` (${m})`).join('')}`, async () => {
  await using site = await Site.open();
  site.compose(web({ replicas: 2 }).replace('web:', 'api:'));
  await site.ok('up');
  await using caller = await Caller.open(`${site.name}_default`);
  const { services } = await site.json<{ services: { internal: { addresses: string[] } }[] }>('ps');
  const addresses = services[0]?.internal.addresses;
  expect(addresses).toHaveLength(1);

  const running = await Promise.all(
    found.map(async ({ name, file, env }) => ({ name, process: await caller.beside([file, 'api', '3000'], env) })),
  );
  using _ = { [Symbol.dispose]: () => running.forEach((r) => r.process.kill('SIGKILL')) };
  await using proxied = await proxiedLoad(site, caller);
  site.variables({ VERSION: '2' });
  await site.ok('up');
  const seen = await Promise.all(running.map(async (r) => ({ name: r.name, ...(await ended(r.process)) })));
  for (const { name, ok, lost, why, addresses: told } of seen) {
    expect({ name, lost, why, told }).toEqual({ name, lost: 0, why: '', told: addresses });
    expect(ok, name).toBeGreaterThan(100);
  }
  const report = await proxied.stop();
  if (report !== undefined) {
    expect(sum(report).lost, losses(report)).toBe(0);
    for (const stream of Object.values(report.streams)) expect(Object.keys(stream.versions)).toEqual(['1', '2']);
  }
});

/** What a probe says when it is told to stop. */
async function ended(probe: ChildProcess): Promise<Seen> {
  probe.kill('SIGTERM');
  return JSON.parse(probe.stdout === null ? '' : await text(probe.stdout)) as Seen;
}

/** Load on an nginx in the caller's network, which calls the service. */
async function proxiedLoad(site: Site, caller: Caller) {
  if ('missing' in nginx) return { stop: () => Promise.resolve(undefined), [Symbol.asyncDispose]: () => Promise.resolve() };
  site.write('nginx/nginx.conf', nginxConfiguration);
  const directory = path.join(site.directory, 'nginx');
  const server = await caller.beside([nginx.file, '-p', directory, '-c', 'nginx.conf'], nginx.env);
  await expect.poll(() => caller.node(`console.log((await fetch('http://127.0.0.1:8082/')).status)`).catch(String)).toBe('200');
  const load = await caller.load(
    [8081, 8082].map((port) => ({
      name: `nginx-${port}`,
      url: `http://127.0.0.1:${port}/`,
      connections: 4,
      keepAlive: true,
      perSecond: 50,
    })),
  );
  return {
    stop: () => load.stop(),
    async [Symbol.asyncDispose]() {
      await load.stop();
      server.kill('SIGTERM');
      await once(server, 'exit');
    },
  };
}
