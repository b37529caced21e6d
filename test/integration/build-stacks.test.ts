import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findInImage, generatedBuild, openKit, run, untilAnswers, withHash, type Kit } from './build-kit.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await openKit();
});
afterAll(() => kit.close());

test.each([
  ['hello', 3000],
  ['node-build', 3000],
  ['flask', 8000],
  ['fastapi', 8000],
])('%s is built from source, serves as a plain user, and ends its requests before itself', async (example, port) => {
  const input = kit.input(await generatedBuild(kit.copy(example)));
  const { imageId } = await kit.builder.build(input, () => undefined);
  expect(await kit.builder.find(input)).toEqual({ imageId });
  const container = await kit.start(imageId);
  const served = { id: container.id, url: `${container.url}:${port}` };
  expect((await untilAnswers(kit.engine, served, '/healthz')).status).toBe(200);
  expect((await kit.engine.exec(served.id, { command: ['id', '-u'] })).stdout.trim()).toBe('10001');

  const slow = begin(`${served.url}/slow?ms=1500`);
  await slow.sent;
  expect((await fetch(`${served.url}/`)).status).toBe(200);
  await kit.engine.stopContainer(served.id, { graceMs: 10_000 });
  expect(await slow.status).toBe(200);
  expect((await kit.engine.inspectContainer(served.id))?.exitCode).toBe(0);
});

test('development packages are left behind', async () => {
  const { imageId } = await kit.builder.build(kit.input(await generatedBuild(kit.copy('node-build'))), () => undefined);
  const { id } = await kit.start(imageId);
  const { stdout } = await kit.engine.exec(id, { command: ['find', '/app/node_modules', '-name', 'package.json'] });
  expect(stdout).toContain('/express/package.json');
  expect(stdout).not.toMatch(/\/typescript\/|\/@types\//);
});

test.each(['hello', 'flask'])('%s keeps nothing of what the host lends', async (example) => {
  const lent = join(kit.directory, `lent-${example}`);
  mkdirSync(lent);
  const [npmrc, pipConf, ca] = ['npmrc', 'pip.conf', 'ca.pem'].map((name) => join(lent, name));
  writeFileSync(npmrc ?? '', '//registry.invalid/:_authToken=t-build-npm-token\n');
  writeFileSync(pipConf ?? '', '[global]\ntimeout = 15\n# t-build-pip-marker\n');
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=t-build', '-keyout', '/dev/null', '-out', ca ?? '']);
  const marker = readFileSync(ca ?? '', 'utf8').split('\n')[3] ?? '';
  const plain = kit.input(await generatedBuild(kit.copy(example)));
  const certificateFiles = [...plain.environment.certificateFiles, ca ?? ''];
  const proxy = { no_proxy: 't-build-proxy.invalid' };
  // Another lockfile or requirement than any build before, so that the installation really runs with all of it.
  const input = kit.input({ ...plain.build, noCache: true }, { certificateFiles, npmrc, pipConf, proxy });
  const { imageId } = await kit.builder.build(input, () => undefined);
  expect(await findInImage(imageId, [marker, 't-build-npm-token', 't-build-pip-marker', 't-build-proxy'])).toEqual([]);
  expect(await findInImage(imageId, ['express', 'werkzeug'])).not.toEqual([]);
});

test('only what the application is made of makes another build', async () => {
  const context = kit.copy('hello');
  const before = await generatedBuild(context);
  writeFileSync(join(context, 'compose.yaml'), 'name: other\n');
  writeFileSync(join(context, '.env'), 'VERSION=2\n');
  expect((await generatedBuild(context)).hash).toBe(before.hash);
  writeFileSync(join(context, 'server.js'), 'console.log(1);\n');
  const after = await generatedBuild(context);
  expect(after.hash).not.toBe(before.hash);
  expect(await kit.builder.find(kit.input(after))).toBeUndefined();
});

test('a base made of packages tells scanners what is in it, and trusts no authority of this machine', async () => {
  const input = kit.input(await generatedBuild(kit.copy('hello')), { bases: 'distro' });
  const { imageId } = await kit.builder.build(input, () => undefined);
  const { id } = await kit.start(imageId);
  const packages = await kit.engine.exec(id, { command: ['grep', '-c', '^Status: install ok installed', '/var/lib/dpkg/status'] });
  expect(Number(packages.stdout)).toBeGreaterThan(10);
  const bundle = (await kit.engine.getArchive(id, '/etc/ssl/certs/ca-certificates.crt')) ?? new Uint8Array();
  const local = readLocalAuthorities(input.environment.certificateFiles);
  const text = Buffer.from(bundle).toString();
  expect(text).toContain('BEGIN CERTIFICATE');
  expect(local.filter((line) => text.includes(line))).toEqual([]);
});

test('a failing build ends with its last lines', async () => {
  const context = kit.copy('node-build');
  writeFileSync(join(context, 'src/server.ts'), 'const port: number = "eighty";\n');
  const failed = kit.builder.build(kit.input(await generatedBuild(context)), () => undefined);
  await expect(failed).rejects.toMatchObject({ code: 'BUILD_FAILED', details: { service: 'web' } });
  const lines = await failed.catch((thrown: { details: { lines: string[] } }) => thrown.details.lines);
  expect(Array.isArray(lines) ? lines.join('\n') : '').toMatch(/TS2322: Type 'string' is not assignable to type 'number'/);
});

test('calling a build off ends it at once, with everything it started', async () => {
  const controller = new AbortController();
  const context = kit.copy('hello');
  const base = kit.input(await generatedBuild(context));
  await kit.builder.build(base, () => undefined);
  const input = kit.input(withHash({ context, inline: `FROM ${base.tag}\nRUN sleep 300\n` }));
  const started = performance.now();
  const running = kit.builder.build(
    input,
    ({ message }) => {
      if (message.includes('RUN sleep')) controller.abort(new Error('called off'));
    },
    controller.signal,
  );
  await expect(running).rejects.toThrow('called off');
  expect(performance.now() - started).toBeLessThan(20_000);
  const processes = await run('ps', ['-eo', 'args']);
  expect(processes.stdout).not.toContain(input.tag);
});

/** Starts a request; `sent` resolves once the server's kernel has it. */
function begin(url: string): { sent: Promise<void>; status: Promise<number> } {
  const call = request(url, { agent: false });
  const status = new Promise<number>((resolve, reject) => {
    call.on('error', reject);
    call.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
  });
  const sent = new Promise<void>((resolve) => call.on('finish', resolve));
  call.end();
  return { sent, status };
}

/** A line of each authority that an administrator added to this machine. */
function readLocalAuthorities(files: readonly string[]): string[] {
  return files.filter((file) => file.startsWith('/usr/local/share/')).flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(3, 4));
}
