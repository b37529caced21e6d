import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { memoryTree } from '../../test/fakes/memory-tree.ts';
import { composeDraft } from './compose-draft.ts';
import { detectStack } from './detect.ts';

const manifest = (value: object): string => JSON.stringify(value);

test('Express without a build: packages first, then the source as it is', async () => {
  const found = await detectStack(
    memoryTree({
      'package.json': manifest({ scripts: { start: 'node server.js' }, dependencies: { express: '5' } }),
      'package-lock.json': '{}',
      'server.js': 'app.listen(process.env.PORT ?? 4000)',
    }),
  );
  expect(found).toMatchObject({
    stack: 'node-npm',
    version: '24',
    port: 4000,
    startCommand: ['node', 'server.js'],
    bases: { BERTH_BASE_NODE_BUILD: 'node-build:24', BERTH_BASE_NODE: 'node-run:24' },
    warnings: [],
  });
  expect(found?.why).toEqual([
    'package.json: a Node application',
    'no file asks for a version of Node: 24',
    'package.json: scripts.start is "node server.js"',
    'package-lock.json: npm ci',
    'server.js: listens on 4000',
  ]);
  await expect(found?.dockerfile).toMatchFileSnapshot('golden/node-express.Dockerfile');
  await expect(found?.dockerignore).toMatchFileSnapshot('golden/node-express.dockerignore');
});

test('Node with a build script: built with development packages, shipped without them', async () => {
  const found = await detectStack(
    memoryTree({
      'package.json': manifest({
        engines: { node: '^22' },
        scripts: { build: 'tsc', start: 'NODE_OPTIONS=--enable-source-maps node dist/server.js' },
        devDependencies: { typescript: '5' },
      }),
      'package-lock.json': '{}',
    }),
  );
  await expect(found?.dockerfile).toMatchFileSnapshot('golden/node-build.Dockerfile');
  expect(found?.port).toBe(3000);
});

test('Node without a lockfile is built all the same, with a warning', async () => {
  const found = await detectStack(memoryTree({ 'package.json': manifest({ dependencies: { a: '1' } }), 'index.js': '', 'yarn.lock': '' }));
  expect(found?.dockerfile).toContain('npm install --omit=dev');
  expect(found?.dockerfile).toContain('COPY package.json ./');
  expect(found?.warnings).toEqual([
    'No package-lock.json: two builds of the same source may differ; run `npm install` and commit it.',
    'yarn.lock is not read: berth installs with npm.',
  ]);
});

test('install scripts and workspaces get the whole source before npm runs', async () => {
  for (const extra of [{ scripts: { postinstall: 'node x.js' } }, { workspaces: ['packages/*'] }, { dependencies: { a: 'file:./a' } }]) {
    const found = await detectStack(memoryTree({ 'package.json': manifest(extra), 'index.js': '', 'package-lock.json': '{}' }));
    const lines = found?.dockerfile.split('\n') ?? [];
    const source = lines.indexOf('COPY . .');
    expect(source).toBeGreaterThan(0);
    expect(lines.findIndex((line) => line.includes('npm ci'))).toBeGreaterThan(source);
  }
});

test('Flask with gunicorn', async () => {
  const found = await detectStack(memoryTree({ 'requirements.txt': 'Flask==3.1\ngunicorn\n', 'app.py': 'app = Flask(__name__)\n' }));
  expect(found).toMatchObject({ stack: 'python-pip', version: '3.13', port: 8000, warnings: [] });
  await expect(found?.dockerfile).toMatchFileSnapshot('golden/flask.Dockerfile');
});

test("Flask alone starts Flask's own server, ended by SIGINT, with a warning", async () => {
  const found = await detectStack(memoryTree({ 'requirements.txt': 'flask\n', 'app.py': 'app = Flask(__name__)\napp.run(port=5050)\n' }));
  expect(found?.startCommand).toEqual(['/opt/venv/bin/flask', '--app', 'app:app', 'run', '--host', '0.0.0.0', '--port', '5050']);
  expect(found?.dockerfile).toContain('STOPSIGNAL SIGINT');
  expect(found?.warnings[0]).toMatch(/^gunicorn is not in requirements.txt/);
});

test('FastAPI with uvicorn, requirements in several files', async () => {
  const found = await detectStack(
    memoryTree({
      'requirements.txt': '-r base.txt\nuvicorn[standard]==0.38\n',
      'base.txt': 'fastapi==0.121\n',
      'app/__init__.py': '',
      'app/main.py': 'app = FastAPI()\n',
    }),
  );
  await expect(found?.dockerfile).toMatchFileSnapshot('golden/fastapi.Dockerfile');
});

test('FastAPI without a server gets uvicorn, with a warning', async () => {
  const found = await detectStack(memoryTree({ 'requirements.txt': 'fastapi\n', 'main.py': 'app = FastAPI()\n' }));
  expect(found?.dockerfile).toContain('install -r requirements.txt uvicorn');
  expect(found?.warnings[0]).toMatch(/^uvicorn is not in requirements.txt/);
});

test('nothing that berth knows is undefined', async () => {
  expect(await detectStack(memoryTree({ 'main.go': '', 'README.md': '' }))).toBeUndefined();
  expect(await detectStack(memoryTree({ 'requirements.txt': 'numpy\n' }))).toBeUndefined();
});

test('every generated Dockerfile keeps to dialect 1.2 and runs as a number', async () => {
  const trees = [
    memoryTree({ 'package.json': manifest({ scripts: { build: 'x', start: 'node a.js && node b.js' } }), 'package-lock.json': '{}' }),
    memoryTree({ 'requirements.txt': 'fastapi\nuvicorn\n', 'main.py': 'app = FastAPI()\n' }),
  ];
  for (const tree of trees) {
    const text = (await detectStack(tree))?.dockerfile ?? '';
    expect(text).not.toMatch(/^# syntax|--link|<<|--checksum|--parents|,env=/m);
    expect(text).toMatch(/^USER 10001:10001$/m);
    expect(text).toMatch(/^CMD \[/m);
    expect(text).not.toMatch(/^(?:ARG|ENV) .*(?:TOKEN|PASSWORD|SECRET)/m);
  }
});

test("the user's own ignore patterns come last, so that they win", async () => {
  const found = await detectStack(memoryTree({ 'package.json': '{}', 'index.js': '', '.dockerignore': '!.env.example\n' }));
  expect(found?.dockerignore.endsWith('\n!.env.example\n')).toBe(true);
});

test('the Compose draft is YAML that names the port', async () => {
  const found = await detectStack(memoryTree({ 'package.json': '{}', 'index.js': '' }));
  if (found === undefined) throw new Error('nothing found');
  expect(parse(composeDraft(found, 'shop'))).toEqual({
    name: 'shop',
    services: { web: { build: '.', ports: [`\${PORT:-8080}:3000`], deploy: { replicas: 2 }, 'x-berth': { port: 3000 } } },
  });
});
