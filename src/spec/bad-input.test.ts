import { describe, expect, it } from 'vitest';
import { loadProject } from './index.ts';
import { failureOf, home, loadFiles, loadText, readerOf } from '../../test/fakes/spec-files.ts';

/** The text without the indentation of the test. */
function text(strings: TemplateStringsArray): string {
  return strings.raw[0]?.replace(/^\n/, '').replaceAll(/^ {4}/gm, '').trimEnd() ?? '';
}

describe('a file that is not YAML, or not text', () => {
  it.each([
    ['', 'compose.yaml:1:1: the file is empty\n      = Run `berth init` to write one.'],
    ['# only a comment\n', 'compose.yaml:1:1: the file is empty\n      = Run `berth init` to write one.'],
    ['- a\n', 'compose.yaml:1:1: the file must be a mapping, with `services:` at its top\n    1 | - a\n      | ^'],
    [
      'services:\n  web: {image: x}\n  web: {image: y}\n',
      'compose.yaml:3:3: the key `web` is written twice in one mapping; the first is on line 2\n    3 |   web: {image: y}\n      |   ^',
    ],
    [
      'services:\n\tweb: {image: x}\n',
      'compose.yaml:2:1: the YAML is not valid: a tab is used for indentation; YAML wants spaces\n    2 |  web: {image: x}\n      | ^',
    ],
    [
      'services:\n  web:\n    image: "x\n',
      'compose.yaml:3:13: the YAML is not valid: something is missing here: a quote, a bracket or a comma\n    3 |     image: "x\n      |             ^',
    ],
    [
      'services: {web: {image: x, environment: {8080: a}}}\n',
      'compose.yaml:1:42: the key `8080` is not text\n    1 | services: {web: {image: x, environment: {8080: a}}}\n      |                                          ^\n      = Quote it: "8080".',
    ],
    [
      'services:\n  web: {image: x, ports: [80, ${PORT}:81], environment: {A: b}}\n',
      'compose.yaml:2:31: the YAML is not valid: a value with `${…}` must be quoted inside `{…}` and `[…]`, where braces mean something\n    2 |   web: {image: x, ports: [80, ${PORT}:81], environment: {A: b}}\n      |                               ^\n      = Write "${PORT}:81".',
    ],
    [
      'services:\nweb: {image: x}\n',
      [
        'compose.yaml:1:1: `services` must be a mapping, not empty',
        '    1 | services:',
        '      | ^',
        'compose.yaml:2:1: unknown key `web`',
        '    2 | web: {image: x}',
        '      | ^',
        '      = It looks like a service: indent it below `services:`.',
      ].join('\n'),
    ],
    [
      'services: {web: {image: x, cpus: 500m}}\n',
      'compose.yaml:1:34: `services.web.cpus` must be a number, not the text `500m`\n    1 | services: {web: {image: x, cpus: 500m}}\n      |                                  ^\n      = Write 0.5: thousandths are written so for Kubernetes only.',
    ],
    [
      'services: {web: {image: *none}}\n',
      'compose.yaml:1:25: the alias `*none` has no anchor `&none` before it\n    1 | services: {web: {image: *none}}\n      |                         ^',
    ],
    ['x: &a [*a]\n', 'compose.yaml:1:8: the alias `*a` contains itself\n    1 | x: &a [*a]\n      |        ^'],
    [
      'services: {web: !env {image: x}}\n',
      'compose.yaml:1:22: the tag `!env` is not known\n    1 | services: {web: !env {image: x}}\n      |                      ^\n      = Compose knows `!reset` and `!override`.',
    ],
  ])('%j', async (source, message) => {
    expect((await failureOf(loadText(source))).split('\n').slice(1).join('\n')).toContain(message);
  });

  it('is refused in another encoding, with the place where that shows', async () => {
    const bytes = (...parts: (string | number)[]) =>
      Uint8Array.from(parts.flatMap((p) => (typeof p === 'number' ? [p] : [...new TextEncoder().encode(p)])));
    expect(await failureOf(loadFiles({ 'compose.yaml': bytes(0xff, 0xfe, 's') }))).toBe(
      'FILE_INVALID\ncompose.yaml:1:1: the file is UTF-16; it must be UTF-8',
    );
    expect(await failureOf(loadFiles({ 'compose.yaml': bytes('services:\n  caf', 0xe9, ': {}') }))).toBe(
      'FILE_INVALID\ncompose.yaml:2:6: the file is not valid UTF-8 here\n    2 |   caf\n      |      ^',
    );
  });

  it('is read with a byte order mark and Windows line ends', async () => {
    const loaded = await loadText(
      '\uFEFFservices:\r\n  web:\r\n    image: x\r\n    environment:\r\n      A: |\r\n        two\r\n        lines\r\n',
    );
    expect(loaded.project.services[0]).toMatchObject({ image: 'x', environment: { A: 'two\nlines\n' } });
  });

  it('is never expanded without end', async () => {
    const lines = Array.from(
      { length: 9 },
      (_, i) =>
        `  a${String(i)}: &a${String(i)} [${Array(10)
          .fill(i === 0 ? 'x' : `*a${String(i - 1)}`)
          .join(', ')}]`,
    );
    expect(await failureOf(loadText(`x-bomb:\n${lines.join('\n')}\nservices: {web: {image: x}}\n`))).toContain(
      'compose.yaml:7:11: this stands for more than 500000 values',
    );
    expect(await failureOf(loadText(`x-deep: ${'['.repeat(20_000)}`))).toContain('the YAML is not valid: it is nested too deeply');
    expect(await failureOf(loadText(`x-deep: ${'['.repeat(300)}${']'.repeat(300)}`))).toContain(
      'the file is nested more than 200 levels deep',
    );
  });
});

describe('a file that says what cannot be', () => {
  it('gets every problem at once, sorted, with the line, a caret and a way out', async () => {
    const source = text`
    services:
      web:
        imge: nginx
        image: Nginx:1
        ports: ["8080:80", "99999:80"]
        depends_on: [db, cach]
        environment: {A: "\${MUST:?say it}"}
        networks: [front]
        user: 1000
        restart: sometimes
        x-berth: {port: 0, probe: {http: health}, rolout: {}}
      db:
        depends_on: [web]
        volumes: ["dta:/x"]
        ports: ["8080:5432"]
      cache: {image: x, secrets: [nope], pre_start: []}
      "bad name": {image: x}
    volumes: {data: }
    `.replaceAll('\\$', '$');
    expect(await failureOf(loadText(source))).toBe(
      text`
    FILE_INVALID
    compose.yaml:3:5: unknown key ~imge~ in ~services.web~
        3 |     imge: nginx
          |     ^
          = Did you mean ~image~?
    compose.yaml:4:12: ~services.web.image~ (~Nginx:1~) must be the name of an image; its repository is in lower case
        4 |     image: Nginx:1
          |            ^
    compose.yaml:5:24: ~services.web.ports[1]~ (~99999:80~) names ~99999~, which is out of range; a port is 1 to 65535
        5 |     ports: ["8080:80", "99999:80"]
          |                        ^
    compose.yaml:6:22: ~web~ depends on ~cach~, but there is no such service
        6 |     depends_on: [db, cach]
          |                      ^
          = Did you mean ~cache~?
    compose.yaml:7:22: the variable ~MUST~ is required but unset or empty: say it
        7 |     environment: {A: "\${MUST:?say it}"}
          |                      ^
          = Set ~MUST~ in the environment or in ~.env~.
    compose.yaml:8:16: there is no network ~front~ under ~networks~
        8 |     networks: [front]
          |                ^
          = Write ~networks: {front: {}}~ at the top of the file.
    compose.yaml:9:11: ~services.web.user~ must be text, not the number 1000
        9 |     user: 1000
          |           ^
          = Quote it: "1000".
    compose.yaml:10:14: ~services.web.restart~ (~sometimes~) must be ~no~, ~always~, ~on-failure~, ~on-failure:N~ or ~unless-stopped~
       10 |     restart: sometimes
          |              ^
    compose.yaml:11:21: ~services.web.x-berth.port~ is 0, which is out of range; it must be 1 to 65535
       11 |     x-berth: {port: 0, probe: {http: health}, rolout: {}}
          |                     ^
    compose.yaml:11:38: ~services.web.x-berth.probe.http~ (~health~) must be a path that starts with ~/~
       11 |     x-berth: {port: 0, probe: {http: health}, rolout: {}}
          |                                      ^
    compose.yaml:11:47: unknown key ~rolout~ in ~services.web.x-berth~
       11 |     x-berth: {port: 0, probe: {http: health}, rolout: {}}
          |                                               ^
          = Did you mean ~rollout~?
    compose.yaml:12:3: the service ~db~ has neither ~image~ nor ~build~
       12 |   db:
          |   ^
          = Write ~image: NAME~ for an image that exists, or ~build: .~ to build from source.
    compose.yaml:13:18: the services depend on each other in a circle: web → db → web
       13 |     depends_on: [web]
          |                  ^
    compose.yaml:14:15: there is no volume ~dta~ under ~volumes~
       14 |     volumes: ["dta:/x"]
          |               ^
          = Did you mean ~data~?
    compose.yaml:15:13: ~db~ and ~web~ both want the port 8080 of the machine (also at compose.yaml:5)
       15 |     ports: ["8080:5432"]
          |             ^
          = Give one of them another port, or share the port by ~x-berth.routes~ with different hosts or paths.
    compose.yaml:16:31: there is no secret ~nope~ under ~secrets~
       16 |   cache: {image: x, secrets: [nope], pre_start: []}
          |                               ^
          = Write ~secrets: {nope: {external: true}}~ at the top of the file for one of ~berth secret set~, or ~file~ in the place of ~external~.
    compose.yaml:16:38: ~services.cache.pre_start~ is not built yet
       16 |   cache: {image: x, secrets: [nope], pre_start: []}
          |                                      ^
          = Not built yet; a service without its preparation would be another thing. ~x-berth.release~, or a service awaited by ~service_completed_successfully~, does it once per release.
    compose.yaml:17:3: the name ~bad name~ is not valid: it may hold letters, digits, ~.~, ~_~ and ~-~, and starts with a letter or digit
       17 |   "bad name": {image: x}
          |   ^
    `
        .replaceAll('~', '`')
        .replaceAll('\\$', '$'),
    );
  });

  const service = (keys: string) => `services:\n  web: {image: x, ${keys}}\n  db: {image: x}\n`;

  it.each([
    [
      'a required variable alone has a code of its own',
      service('hostname: "${H?}"'),
      'VARIABLE_REQUIRED',
      '2:29: the variable `H` is required but unset',
    ],
    [
      'and does not also count as an image that is missing',
      'services:\n  web:\n    image: "${I?}"\n',
      'VARIABLE_REQUIRED',
      '3:12: the variable `I` is required but unset',
    ],
    ['a missing env file', service('env_file: ../no.env'), 'FILE_NOT_FOUND', '2:29: the env file ../no.env does not exist'],
    ['a missing context', 'services: {web: {build: ./no}}\n', 'FILE_NOT_FOUND', '1:25: the build context no does not exist'],
    [
      'a missing Dockerfile',
      'services: {web: {build: {context: ., dockerfile: D}}}\n',
      'FILE_NOT_FOUND',
      '1:50: the Dockerfile D does not exist',
    ],
    [
      'a remote context',
      'services: {web: {build: "https://x/y.git"}}\n',
      'FILE_INVALID',
      '1:25: the build context `https://x/y.git` is not a directory of this machine; that is not built yet',
    ],
    [
      'a Dockerfile outside',
      'services: {web: {build: {context: ., dockerfile: ../../D}}}\n',
      'FILE_INVALID',
      '1:50: the Dockerfile ../../D is outside the project',
    ],
    [
      'a secret outside',
      `${service('secrets: [s]')}secrets: {s: {file: ../../etc/passwd}}\n`,
      'FILE_INVALID',
      '4:21: the secret `s` is the file ../../etc/passwd, which is outside the project',
    ],
    [
      'a missing secret file',
      `${service('secrets: [s]')}secrets: {s: {file: ./no}}\n`,
      'FILE_NOT_FOUND',
      '4:21: the file of the secret `s` no does not exist',
    ],
    [
      'a secret without content',
      `${service('tty: true')}secrets: {s: {}}\n`,
      'FILE_INVALID',
      '4:11: the secret `s` needs one of `file`, `environment`',
    ],
    [
      'a secret with two',
      `${service('tty: true')}secrets: {s: {file: a, environment: B}}\n`,
      'FILE_INVALID',
      '4:11: the secret `s` may have only one of `file`, `environment`',
    ],
    [
      'one port asked for twice',
      service('ports: ["80:1", "80:2"]'),
      'FILE_INVALID',
      '2:35: `web` asks twice for the port 80 of the machine (also at compose.yaml:2)',
    ],
    [
      'a UDP port for two',
      service('ports: ["53:53/udp"], scale: 2'),
      'FILE_INVALID',
      '2:27: `web` has 2 replicas, but the UDP port 53 can go to one instance only',
    ],
    [
      'a name for two',
      service('container_name: ab, scale: 2'),
      'FILE_INVALID',
      '2:35: `services.web` has a fixed `container_name` and 2 replicas; a name can be used once',
    ],
    [
      'one name for two services',
      'services:\n  a: {image: x, container_name: same}\n  b: {image: x, container_name: same}\n',
      'FILE_INVALID',
      '3:33: `b` has the `container_name` of `a`',
    ],
    [
      'permissions that are none',
      `${service('configs: [{source: c, mode: rw, uid: me}]')}configs: {c: {content: x}}\n`,
      'FILE_INVALID',
      '2:47: `services.web.configs[0].mode` (`rw`) must be permissions in octal, such as `0440`',
    ],
    [
      'two counts',
      service('deploy: {replicas: 3}, scale: 2'),
      'FILE_INVALID',
      '2:49: `services.web` has `scale: 2` but `deploy.replicas: 3`',
    ],
    [
      'two limits',
      service('cpus: 1, deploy: {resources: {limits: {cpus: 2}}}'),
      'FILE_INVALID',
      '2:25: `services.web.cpus` and `deploy.resources` say different things about the same limit',
    ],
    [
      'networks and network_mode',
      service('networks: [default], network_mode: host'),
      'FILE_INVALID',
      '2:29: `services.web` has both `networks` and `network_mode`; they exclude each other',
    ],
    [
      'an unknown namespace',
      service('network_mode: "service:dbb"'),
      'FILE_INVALID',
      '2:33: `web` depends on `dbb`, but there is no such service',
    ],
    [
      'a wrong health check',
      service('healthcheck: {test: [curl, x]}'),
      'FILE_INVALID',
      '2:39: `healthcheck.test` as a list must start with `CMD`, `CMD-SHELL` or `NONE`',
    ],
    [
      'two probes',
      service('x-berth: {probe: {http: /, tcp: true}}'),
      'FILE_INVALID',
      '2:51: `probe` has both `http` and `tcp`; it asks one of the two',
    ],
    [
      'a strategy of later',
      service('x-berth: {rollout: {strategy: canary}}'),
      'FILE_INVALID',
      '2:49: `services.web.x-berth.rollout.strategy` is `canary`; it must be `rolling`',
    ],
    [
      'a key of a section that may be empty',
      service('deploy: {replcas: 3}'),
      'FILE_INVALID',
      '2:28: unknown key `replcas` in `services.web.deploy`',
    ],
    ['include', `include: [a.yaml]\n${service('tty: true')}`, 'FILE_NOT_FOUND', '1:11: the file a.yaml (`include`) does not exist'],
    [
      'a shell command without a shell',
      service('command: "a && b"'),
      'FILE_INVALID',
      '2:28: `services.web.command` (`a && b`) no shell runs it, so `&` cannot be used',
    ],
    ['a service of nothing', 'services: {web: }\n', 'FILE_INVALID', '1:12: `services.web` must be a mapping, not empty'],
    [
      'a dependency that is left out',
      'services:\n  web: {image: x, depends_on: [db]}\n  db: {image: x, profiles: [p]}\n',
      'FILE_INVALID',
      '2:32: `web` depends on `db`, which is left out because none of its profiles is chosen',
    ],
    ['no services', 'name: a\n', 'FILE_INVALID', '1:1: the file has no services'],
  ])('%s', async (_title, source, code, message) => {
    const failure = await failureOf(loadText(source));
    expect(failure.split('\n', 1)[0]).toBe(code);
    expect(failure.split('\n')).toContain(`compose.yaml:${message}`);
  });

  it('lets services share a port by routes, and only by different ones', async () => {
    const shared = (a: string, b: string) =>
      `services:\n  a: {image: x, ports: ["80:1"], x-berth: {routes: [${a}]}}\n  b: {image: x, ports: ["80:1"], x-berth: {routes: [${b}]}}\n`;
    const { project } = await loadText(shared('{host: a.example.com}', '{host: b.example.com}'));
    expect(project.services.map((s) => s.routes)).toMatchObject([
      [{ host: 'a.example.com', path: '/', port: 80 }],
      [{ host: 'b.example.com', path: '/', port: 80 }],
    ]);
    expect((await loadText(shared('{host: a.example.com}', ''))).project.services).toHaveLength(2);
    expect(await failureOf(loadText(shared('{host: a.example.com}', '{host: A.example.com}')))).toContain(
      'compose.yaml:3:53: `b` and `a` both want the route a.example.com/ on port 80 (also at compose.yaml:2)',
    );
  });

  it('takes one port on two addresses for two ports', async () => {
    const { project } = await loadText(
      'services: {a: {image: x, ports: ["127.0.0.1:80:1"]}, b: {image: x, ports: ["10.0.0.1:80:1", "[::1]:80:1"]}}\n',
    );
    expect(project.services.flatMap((s) => s.ports.map((p) => p.hostIp))).toEqual(['127.0.0.1', '10.0.0.1', '::1']);
    expect(
      await failureOf(loadText('services: {a: {image: x, ports: ["127.0.0.1:80:1"]}, b: {image: x, ports: ["0.0.0.0:80:1"]}}\n')),
    ).toContain('both want');
  });

  it('stops at a file that cannot be read, instead of guessing about the rest', async () => {
    const files = { 'compose.yaml': 'services: {web: {tty: true}}\n', 'compose.override.yaml': 'services: [\n' };
    expect(await failureOf(loadFiles(files))).toBe(
      [
        'FILE_INVALID',
        'compose.override.yaml:1:11: the YAML is not valid: the indentation does not fit the lines around it, or a bracket is not closed',
        '    1 | services: [',
        '      |           ^',
      ].join('\n'),
    );
  });

  it('follows no link out of the project', async () => {
    const reader = readerOf({ 'compose.yaml': 'services: {web: {image: x, secrets: [s]}}\nsecrets: {s: {file: ./s}}\n', s: 'x' });
    const input = { directory: home, files: [], profiles: [], envFiles: [], variables: {}, strict: false };
    const realpath = (file: string): Promise<string> => Promise.resolve(file.endsWith('/s') ? '/etc/shadow' : file);
    expect(await failureOf(loadProject({ ...input, reader: { ...reader, realpath } }))).toContain(
      'the secret `s` is the file s, which is outside the project',
    );
    expect((await loadProject({ ...input, reader })).project.services).toHaveLength(1);
  });
});
