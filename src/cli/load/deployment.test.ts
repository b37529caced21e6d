import { describe, expect, it } from 'vitest';
import type { Deployment, RolloutRequest } from '../../contract/index.ts';
import { berth, type Given } from '../fake-world.ts';

/** What `berth up` sends to the server, and what it says meanwhile. */
async function loaded(files: Readonly<Record<string, string>>, argv: readonly string[] = [], more: Given = {}) {
  let deployment: Deployment | undefined;
  const startRollout = ({ request }: { request: RolloutRequest | object }) => {
    if ('deployment' in request) deployment = request.deployment;
    return Promise.resolve({ id: 'r1', app: 'shop', kind: 'up', state: 'running', createdAtMs: 0, resumes: 0 } as const);
  };
  const ended = await berth([...argv, 'up', '--detach'], { files, client: { startRollout }, ...more });
  return { ...ended, deployment, service: (name: string) => deployment?.project.services.find((each) => each.name === name) };
}

const node = { 'package.json': '{"scripts":{"start":"node server.js"}}', 'server.js': 'require("http").createServer().listen(4321)' };
const at = (directory: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${directory}/${name}`, text]));

describe('a service that is built', () => {
  it('without a Dockerfile gets that of its stack, its port and its hash', async () => {
    const { service, code, err } = await loaded({ ...at('/app', node), '/app/compose.yaml': 'services:\n  web: { build: . }\n' });
    expect(code, err).toBe(0);
    expect(service('web')).toMatchObject({
      port: 4321,
      build: { context: '/app', hash: 'hash of /app', generated: { stack: 'node-npm', dockerfile: expect.stringContaining('FROM') } },
    });
  });

  it.each([
    ['a published port', 'ports: ["80:8080"]'],
    ['`expose`', 'expose: [8080]'],
    ['the target of a route', 'x-berth: { routes: [{ host: a.test, target: 8080 }] }'],
    ['the variables of another proxy', 'environment: { VIRTUAL_HOST: a.test, VIRTUAL_PORT: 8080 }'],
  ])('leaves the port to what the file says: %s', async (_, says) => {
    const { service } = await loaded({ ...at('/app', node), '/app/compose.yaml': `services:\n  web: { build: ., ${says} }\n` });
    expect(service('web')?.port).toBeUndefined();
  });

  it('keeps the port that is written, and a Dockerfile that is there', async () => {
    const compose = 'services:\n  web: { build: ., x-berth: { port: 80 } }\n  own: { build: ./own }\n';
    const { service } = await loaded({ ...at('/app', node), '/app/compose.yaml': compose, '/app/own/Dockerfile': 'FROM scratch' });
    expect(service('web')).toMatchObject({ port: 80 });
    expect(service('own')?.build).toMatchObject({ dockerfile: '/app/own/Dockerfile', hash: 'hash of /app/own' });
    expect(service('own')?.build?.generated).toBeUndefined();
  });

  it('of no known stack is an error that names it', async () => {
    const { code, err } = await loaded({ '/app/compose.yaml': 'services:\n  web: { build: ./src }\n', '/app/src/main.zig': '' });
    expect(code).toBe(2);
    expect(err).toBe(`error: The service web cannot be built: /app/src has neither a Dockerfile nor a stack that berth knows.
hint: Write a Dockerfile there, or name an \`image\`. berth knows Node (package.json) and Python (requirements.txt).
`);
  });
});

describe('a directory without a Compose file', () => {
  it('of a known stack is one service with its port published, and nothing is written', async () => {
    const { deployment, service, files, err } = await loaded(at('/app', node));
    expect(err).toMatch(/^no Compose file: node-npm \d+ on port 4321; `berth init` writes the file\n/);
    expect(deployment?.project).toMatchObject({ name: 'app', directory: '/app' });
    expect(service('web')).toMatchObject({ port: 4321, ports: [{ target: 4321, published: 8080 }] });
    expect(Object.keys(files)).toEqual(['/app/package.json', '/app/server.js']);
  });

  it('of no known stack is an error', async () => {
    const { code, err } = await loaded({ '/app/main.zig': '' });
    expect(code).toBe(2);
    expect(err).toContain('error: No Compose file was found in /app or above it.');
  });

  it('is never taken for one when a file was named, or a file is broken', async () => {
    expect((await loaded(at('/app', node), ['-f', 'compose.prod.yaml'])).code).toBe(2);
    const secret = 'services:\n  web: { image: a, secrets: [s] }\nsecrets:\n  s: { file: ./gone.txt }\n';
    expect((await loaded({ ...at('/app', node), '/app/compose.yaml': secret })).code).toBe(2);
  });
});

it('sends the bytes of secrets by their hash, and says whether -p named the app', async () => {
  const files = {
    '/app/compose.yaml': 'services:\n  web: { image: a, secrets: [s] }\nsecrets:\n  s: { file: ./s.txt }\n',
    '/app/s.txt': 'geheim',
  };
  const { deployment } = await loaded(files, ['-p', 'shop']);
  expect(deployment).toMatchObject({ named: true, project: { name: 'shop' } });
  expect(Object.values(deployment?.files ?? {})).toEqual([Buffer.from('geheim').toString('base64')]);
});

it('says each warning once, with its place, and is an error with --strict', async () => {
  const files = { '/app/compose.yaml': 'services:\n  web:\n    image: a\n    develop: { watch: [] }\n' };
  const { code, err } = await loaded(files);
  expect(code).toBe(0);
  expect(err).toMatch(/^warning: compose\.yaml:4:5: .*develop/);
  expect((await loaded(files, ['--strict'])).code).toBe(2);
});
