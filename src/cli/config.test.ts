import { describe, expect, it } from 'vitest';
import { berth } from './fake-world.ts';

const files = {
  '/app/compose.yaml': `include: [db/compose.yaml]
x-base: &base { restart: always }
services:
  web:
    <<: *base
    image: shop:\${TAG}
    extends: common
    env_file: web.env
    environment:
      DB_HOST: localhost
      DB_PASSWORD: geheim
      URL: postgres://u:geheim@db/x
  common:
    image: common
    environment: { DB_HOST: common, LEVEL: info }
`,
  '/app/compose.prod.yaml': 'services:\n  web:\n    environment:\n      - DB_HOST=${HOST:-db.prod}\n      - DB_PASSWORD=streng\n',
  '/app/db/compose.yaml': 'services:\n  db: { image: "postgres:${PG}" }\n',
  '/app/db/.env': 'PG=17\n',
  '/app/.env': '# tags\nTAG=1\n',
  '/app/.env.prod': 'TAG=2\n',
  '/app/web.env': 'FROM_FILE=yes\n',
};

describe('berth config --explain', () => {
  it('shows every layer that spoke of a value, who won, and the variables in it', async () => {
    const { code, out, err } = await berth(['-e', 'prod', 'config', '--explain', 'services.web.environment.DB_HOST'], { files });
    expect(code, err).toBe(0);
    expect(out).toBe(`services.web.environment.DB_HOST = db.prod
    compose.yaml:15:29    extends common
    compose.yaml:10:16    file localhost
  * compose.prod.yaml:4:9 file
    HOST is not set
`);
  });

  it('shows what env files, included files and variables gave', async () => {
    const { out } = await berth(['-e', 'prod', 'config', '--explain'], { files });
    expect(out).toContain('services.web.environment.FROM_FILE = yes\n  * web.env:1:1 env file\n');
    expect(out).toContain('services.db.image = postgres:17\n  * db/compose.yaml:2:16 include\n    PG from db/.env:1:1\n');
    expect(out).toContain(
      'services.web.image = shop:2\n    compose.yaml:14:12 extends common\n  * compose.yaml:6:12  file\n    TAG from .env.prod:1:1\n',
    );
    expect(out).toContain('services.web.restart = always\n  * compose.yaml:2:26 file\n');
  });

  it('never shows what may be a secret', async () => {
    for (const argv of [
      ['config', '--explain'],
      ['config', '--explain', '--json'],
      ['config', '--diff', 'prod'],
      ['config', '--diff', 'prod', '--json'],
    ]) {
      const { code, out, err } = await berth(argv, { files });
      expect(code, err).toBe(0);
      expect(out + err).not.toMatch(/geheim|streng/);
      expect(out).toContain('DB_PASSWORD');
    }
  });

  it('says which path is meant when there is nothing', async () => {
    const { code, err } = await berth(['config', '--explain', 'services.wob.image'], { files });
    expect({ code, err: err.split('\n').filter((line) => !line.startsWith('warning')) }).toEqual({
      code: 2,
      err: ['error: The application has nothing at `services.wob.image`.', 'hint: Did you mean `services.web.image`?', ''],
    });
  });

  it('wants a flag with a path', async () => {
    expect((await berth(['config', 'services'], { files })).err).toContain('hint: Run `berth config --explain services`.');
  });
});

describe('berth config --diff', () => {
  it('shows what another environment changes, with the places', async () => {
    const { out } = await berth(['config', '--diff', 'prod'], { files });
    expect(out).toBe(`no environment → prod:
~ services.web.environment.DB_HOST: localhost → db.prod (compose.yaml:10:16 → compose.prod.yaml:4:9)
~ services.web.environment.DB_PASSWORD: (hidden) → (hidden) (compose.yaml:11:20 → compose.prod.yaml:5:9)
~ services.web.image: shop:1 → shop:2 (compose.yaml:6:12 → compose.yaml:6:12)
`);
    const json: unknown = JSON.parse((await berth(['-e', 'prod', 'config', '--diff', 'prod', '--json'], { files })).out);
    expect(json).toEqual({ from: 'prod', to: 'prod', changes: [] });
  });

  const lists = {
    '/app/compose.yaml': `services:
  web:
    image: shop
    command: [serve, --fast]
    ports: ["8080:80", "8443:443"]
    volumes: ["data:/data", "/etc/a:/etc/a:ro"]
    configs: [one]
    dns: [10.0.0.1, 10.0.0.2]
    x-berth: { port: 80, routes: [a.test, { host: b.test, path: /b }] }
volumes: { data: , other: }
configs: { one: { content: x }, two: { content: y } }
`,
    '/app/compose.prod.yaml': `services:
  web:
    command: [serve, --safe]
    ports: !override ["127.0.0.1:53:53/udp", "8080:80", "8443:443"]
    volumes: ["other:/data", "/etc/b:/etc/b"]
    configs: [two]
    dns: !override [10.0.0.2, 10.0.0.1]
    x-berth: { routes: !override [new.test, { host: b.test, path: /b, timeout: 5s }, a.test] }
`,
  };

  it('says once what `x-berth.environment` puts into the environment', async () => {
    const text = (url: string) => `services: { web: { image: x, x-berth: { environment: { URL: ${url}, KEY: "\${secret:${url}}" } } } }\n`;
    const { out } = await berth(['config', '--diff', 'prod'], {
      files: { '/app/compose.yaml': text('dev'), '/app/compose.prod.yaml': text('prod') },
    });
    expect(out.split('\n').map((line) => line.replace(/ \(.*/, ''))).toEqual([
      'no environment → prod:',
      '~ services.web.environment.URL: dev → prod',
      '~ services.web.x-berth.environment.KEY: ${secret:dev} → ${secret:prod}',
      '',
    ]);
  });

  it('knows items of lists by what Compose knows them by', async () => {
    const { out } = await berth(['config', '--diff', 'prod'], { files: lists });
    expect(out).toBe(`no environment → prod:
~ services.web.command.1: --fast → --safe (compose.yaml:4:22 → compose.prod.yaml:3:22)
+ services.web.configs: two (compose.prod.yaml:6:15)
~ services.web.dns: 10.0.0.1, 10.0.0.2 → 10.0.0.2, 10.0.0.1 (compose.yaml:8:11 → compose.prod.yaml:7:21)
+ services.web.ports: 127.0.0.1:53:53/udp (compose.prod.yaml:4:23)
+ services.web.volumes: /etc/b:/etc/b (compose.prod.yaml:5:30)
~ services.web.volumes[/data].source: data → other (compose.yaml:6:15 → compose.prod.yaml:5:15)
+ services.web.x-berth.routes: new.test (compose.prod.yaml:8:35)
+ services.web.x-berth.routes[b.test/b].timeout: 5s (compose.prod.yaml:8:80)
`);
  });

  it('explains an item by the layers that spoke of it, wherever it stands in their lists', async () => {
    const { out } = await berth(['-e', 'prod', 'config', '--explain', 'services.web.volumes.0.source'], { files: lists });
    expect(out).toBe(`services.web.volumes.0.source = other
    compose.yaml:6:15      file data
  * compose.prod.yaml:5:15 file
`);
    const named = await berth(['-e', 'prod', 'config', '--explain', 'services.web.volumes[/data].source'], { files: lists });
    expect(named.out).toBe(out);
    const { out: port } = await berth(['-e', 'prod', 'config', '--explain', 'services.web.ports.0.target'], { files: lists });
    expect(port).toBe('services.web.ports.0.target = 53\n  * compose.prod.yaml:4:23 file\n');
  });
});

it('prints the same model as YAML and as JSON', async () => {
  const { parse } = await import('yaml');
  const yaml: unknown = parse((await berth(['config'], { files })).out);
  expect(yaml).toEqual(JSON.parse((await berth(['config', '--json'], { files })).out));
});
