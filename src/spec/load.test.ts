import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectSchema } from '../model/index.ts';
import { failureOf, home, loadFiles, loadText, readerOf } from '../../test/fakes/spec-files.ts';
import { loadProject } from './index.ts';

const web = 'services: {web: {image: nginx}}\n';

describe('which files are read', () => {
  it.each([['compose.yaml'], ['compose.yml'], ['docker-compose.yml'], ['docker-compose.yaml']])('finds %s', async (name) => {
    const loaded = await loadFiles({ [name]: web });
    expect(loaded.sourceFiles).toEqual([`${home}/${name}`]);
    expect(loaded.project).toMatchObject({ name: 'shop', directory: home });
  });

  it('looks upwards, and starts relative paths and `.env` where the file is', async () => {
    const files = { 'compose.yaml': 'services: {web: {image: "$TAG", volumes: ["./data:/data"]}}\n', '.env': 'TAG=x\n' };
    const { project } = await loadFiles(files, { directory: `${home}/a/b` });
    expect(project.directory).toBe(home);
    expect(project.services[0]).toMatchObject({ image: 'x', mounts: [{ source: `${home}/data` }] });
  });

  it('lays the override over the file, but not when an environment is chosen', async () => {
    const files = {
      'compose.yaml': web,
      'compose.override.yaml': 'services: {web: {image: dev}}\n',
      'compose.prod.yaml': 'services: {web: {image: prod}}\n',
    };
    expect((await loadFiles(files)).project.services[0]?.image).toBe('dev');
    const chosen = await loadFiles(files, { environment: 'prod' });
    expect(chosen.project).toMatchObject({ environment: 'prod', services: [{ image: 'prod' }] });
    expect((await loadFiles(files, { variables: { BERTH_ENV: 'prod' } })).project.environment).toBe('prod');
  });

  it('takes `-f` in order, relative to the first', async () => {
    const files = { 'a/one.yaml': 'services: {web: {image: x, volumes: ["./d:/d"]}}\n', 'b/two.yaml': 'services: {web: {image: y}}\n' };
    const { project, sourceFiles } = await loadFiles(files, { files: ['a/one.yaml', 'b/two.yaml'] });
    expect(project.services[0]).toMatchObject({ image: 'y', mounts: [{ source: `${home}/a/d` }] });
    expect(sourceFiles).toEqual([`${home}/a/one.yaml`, `${home}/b/two.yaml`]);
  });

  it.each([
    [{ COMPOSE_FILE: 'a.yaml:b.yaml' }, 'y'],
    [{ COMPOSE_FILE: 'b.yaml,a.yaml', COMPOSE_PATH_SEPARATOR: ',' }, 'x'],
  ])('reads what COMPOSE_FILE says: %j', async (variables, image) => {
    const files = { 'a.yaml': 'services: {web: {image: x}}\n', 'b.yaml': 'services: {web: {image: y}}\n' };
    expect((await loadFiles(files, { variables })).project.services[0]?.image).toBe(image);
  });

  it.each([
    [{}, 'FILE_NOT_FOUND: No Compose file was found in /work/shop or above it.\nRun `berth init` to write one, or name one with `-f`.'],
    [{ files: ['no.yaml'] }, 'FILE_NOT_FOUND\nno.yaml: the file (`-f`) does not exist'],
    [
      { environment: 'prod' },
      'FILE_NOT_FOUND\ncompose.prod.yaml: the environment `prod` (`-e`) has no file of its own: neither this one nor .env.prod is in /work/shop\n      = Known here: dev, test.',
    ],
    [{ envFiles: ['no.env'] }, 'FILE_NOT_FOUND\nno.env: the env file (`--env-file`) does not exist'],
  ])('says what is missing: %j', async (options, text) => {
    const files = 'environment' in options ? { 'compose.yaml': web, 'compose.dev.yaml': '', '.env.test': '' } : {};
    expect(await failureOf(loadFiles('envFiles' in options ? { 'compose.yaml': web } : files, options))).toBe(text);
  });
});

it('says of a directory in the place of a file that it is one', async () => {
  const text = 'services: {web: {image: x, env_file: e, configs: [c]}}\nconfigs: {c: {file: c}}\n';
  const said = await failureOf(loadFiles({ 'compose.yaml': text, 'e/x': '', 'c/x': '' }));
  expect(said).toContain('compose.yaml:1:38: the env file e is a directory');
  expect(said).toContain('compose.yaml:2:21: the file of the config `c` c is a directory');
});

describe('variables', () => {
  const text = 'services: {web: {image: "${V-none}", labels: {w: "${W-none}"}}}\n';
  const read = async (files: Record<string, string>, options = {}) => {
    const service = (await loadFiles({ 'compose.yaml': text, ...files }, options)).project.services[0];
    return [service?.image, service?.container.labels['w']];
  };

  it.each<[string, Record<string, string>, object, string[]]>([
    ['nothing', {}, {}, ['none', 'none']],
    ['.env', { '.env': 'V=a\nW=$V' }, {}, ['a', 'a']],
    ['the process over .env', { '.env': 'V=a\nW=$V' }, { variables: { V: 'p' } }, ['p', 'p']],
    ['.env.<env> over .env', { '.env': 'V=a\nW=b', '.env.prod': 'V=c' }, { environment: 'prod' }, ['c', 'b']],
    ['--env-file instead of .env', { '.env': 'V=a\nW=b', e1: 'V=1', e2: 'V=2\nW=${V}' }, { envFiles: ['e1', 'e2'] }, ['2', '2']],
    ['no .env when it is disabled', { '.env': 'V=a' }, { variables: { COMPOSE_DISABLE_ENV_FILE: '1' } }, ['none', 'none']],
  ])('%s', async (_title, files, options, values) => {
    expect(await read(files, options)).toEqual(values);
  });

  it('makes an absent one empty and says so once', async () => {
    const loaded = await loadText('services: {web: {image: x, labels: {a: $TAG, b: "$TAG"}}}\n');
    expect(loaded.project.services[0]?.container.labels).toEqual({ a: '', b: '' });
    expect(loaded.warnings.map((w) => `${String(w.line)}:${String(w.column)} ${w.message}`)).toEqual([
      '1:40 the variable `TAG` is not set; it became empty',
    ]);
  });

  it('never fills keys', async () => {
    const { project } = await loadText('services: {web: {image: x, labels: {"$V": "$$V"}}}\n', { variables: { V: 'v' } });
    expect(project.services[0]?.container.labels).toEqual({ $V: '$V' });
  });

  it('gives a service its own, its files and those of the process, in this order', async () => {
    const files = {
      'compose.yaml':
        'services:\n  web:\n    image: x\n    env_file: [a.env, {path: no.env, required: false}, {path: r.env, format: raw}]\n    environment: [OWN=own, IN, GONE, N=1]\n',
      'a.env': 'OWN=file\nA="$OUT"\nGONE=file\n',
      'r.env': 'R="$OUT"\n',
    };
    const { project } = await loadFiles(files, { variables: { OUT: 'out', IN: 'in' } });
    expect(project.services[0]?.environment).toEqual({ A: 'out', R: '"$OUT"', OWN: 'own', IN: 'in', N: '1' });
  });
});

describe('the name of the project', () => {
  it.each([
    ['of the directory', web, {}, 'shop'],
    ['written', `name: a-\${X}\n${web}`, { variables: { X: 'b' } }, 'a-b'],
    ['COMPOSE_PROJECT_NAME over it', `name: a\n${web}`, { variables: { COMPOSE_PROJECT_NAME: 'env' } }, 'env'],
    ['-p over all', `name: a\n${web}`, { projectName: 'flag', variables: { COMPOSE_PROJECT_NAME: 'env' } }, 'flag'],
    ['made fit', `name: My App\n${web}`, {}, 'myapp'],
  ])('%s', async (_title, text, options, name) => {
    expect((await loadText(text, options)).project.name).toBe(name);
  });

  it('is known to the file itself', async () => {
    const { project } = await loadText('name: a\nservices: {web: {image: "$COMPOSE_PROJECT_NAME"}}\n');
    expect(project.services[0]?.image).toBe('a');
  });

  it('must be valid where it is given', async () => {
    expect(await failureOf(loadText(web, { projectName: 'My App' }))).toBe(
      'FILE_INVALID: The project name `My App` (`-p`) is not valid. It may hold lower-case letters, digits, `-` and `_`, and starts with a letter or digit.\nUse `myapp`.',
    );
  });
});

describe('profiles', () => {
  const text = 'services: {web: {image: x}, tool: {image: x, profiles: [debug]}}\n';
  it.each<[object, string[]]>([
    [{}, ['web']],
    [{ profiles: ['debug'] }, ['web', 'tool']],
    [{ profiles: ['*'] }, ['web', 'tool']],
    [{ variables: { COMPOSE_PROFILES: 'a, debug' } }, ['web', 'tool']],
    [{ profiles: ['other'], variables: { COMPOSE_PROFILES: 'debug' } }, ['web']],
  ])('%j', async (options, names) => {
    expect((await loadText(text, options)).project.services.map((s) => s.name)).toEqual(names);
  });
});

describe('--set', () => {
  it('does not make a service of a slip', async () => {
    expect(await failureOf(loadText(web, { set: ['services.wbe.image=x'] }))).toBe(
      'FILE_INVALID\n--set:1:1: `--set` names the service `wbe`, which no file has\n    1 | services.wbe.image=x\n      | ^\n      = Did you mean `web`?',
    );
    expect((await loadText(web, { set: ['services.queue.image=x'] })).project.services).toHaveLength(2);
  });

  it('is the last layer, and its value is YAML', async () => {
    const { project } = await loadText(web, { set: ['services.web.scale=3', 'services.web.environment.A=x=y', 'services.web.tty=true'] });
    expect(project.services[0]).toMatchObject({ replicas: 3, environment: { A: 'x=y' }, container: { tty: true } });
  });

  it('is checked like a file', async () => {
    expect(await failureOf(loadText(web, { set: ['services.web.scal=3', 'x'] }))).toBe(
      [
        'FILE_INVALID',
        '--set:1:1: `x` is not `PATH=VALUE`',
        '    1 | x',
        '      | ^',
        '      = Write, for example, `--set services.web.scale=3`.',
        '--set:1:1: unknown key `scal` in `services.web`',
        '    1 | services.web.scal=3',
        '      | ^',
        '      = Did you mean `scale`?',
      ].join('\n'),
    );
  });
});

describe('what comes out', () => {
  const everything = `
name: all
services:
  web:
    build: {context: ., dockerfile: D, args: [A=1, HOME], target: t}
    command: serve --port "80 80"
    ports: ["8080:3000", "53:53/udp", {target: 9000, published: 9000, app_protocol: http}]
    depends_on: {db: {condition: service_healthy, restart: true}, setup: {condition: service_completed_successfully}}
    deploy:
      replicas: 1
      resources: {limits: {cpus: "0.5", memory: 256M, pids: 100}, reservations: {cpus: 0.25, memory: 64M}}
      update_config: {parallelism: 2, order: stop-first, delay: 3s, monitor: 7s, failure_action: pause}
      rollback_config: {parallelism: 0}
      labels: {team: a}
    healthcheck: {test: curl -f localhost, interval: 5s, retries: 2}
    secrets: [key, {source: key, target: other, mode: 0400, uid: "10"}]
    configs: [conf]
    volumes: ["data:/data", "./src:/src:ro", {type: tmpfs, target: /tmp/x, tmpfs: {size: 1m}}]
    networks: {front: {aliases: [shop], ipv4_address: 10.1.0.9}, default: }
    links: ["db:database"]
    tmpfs: ["/run:size=1m", /cache]
    ulimits: {nofile: 100, nproc: {soft: 1, hard: 2}}
    security_opt: ["no-new-privileges:true", "seccomp:profile.json"]
    stop_grace_period: 20s
    x-berth:
      port: 3000
      routes: [{host: Shop.example.com}, {path: /api, port: 8443}]
      release: npm run "migrate all"
      probe: {http: /up, within: 5s}
      rollout: {surge: 3, drain: 9s, watch: 1s, unavailable: 1}
  db: {image: "postgres:17", networks: [default], expose: [5432, "5433/udp"], scale: 1}
  setup: {image: busybox, entrypoint: []}
  backup: {image: busybox, volumes_from: ["web:ro"]}
networks: {front: {ipam: {config: [{subnet: 10.1.0.0/24}]}}, unused: {}}
volumes: {data: {driver: local}, unused: {}}
secrets: {key: {environment: KEY}, unused: {file: nowhere}}
configs: {conf: {content: "port: \${PORT:-1}"}}
x-berth: {probe: {interval: 4s}, rollout: {drain: 8s, monitor: 6s}}
`;
  const files = { 'compose.yaml': everything, D: 'FROM x', 'profile.json': '{ "a": 1 }' };
  const load = () => loadFiles(files, { variables: { KEY: 'secret', HOME: '/root' } });

  it('is a project as the model has it, every default filled in', async () => {
    const { project } = await load();
    expect(projectSchema.parse(project)).toMatchObject(project);
    const [service] = project.services;
    expect(service).toMatchObject({
      build: { context: home, dockerfile: `${home}/D`, args: { A: '1', HOME: '/root' }, target: 't' },
      command: ['serve', '--port', '80 80'],
      ports: [
        { target: 3000, published: 8080, protocol: 'tcp' },
        { target: 53, published: 53, protocol: 'udp' },
        { target: 9000, published: 9000, protocol: 'tcp' },
      ],
      port: 3000,
      protocol: 'http',
      routes: [
        { host: 'shop.example.com', path: '/', port: 80 },
        { path: '/api', port: 8443 },
      ],
      release: ['npm', 'run', 'migrate all'],
      probe: { check: { kind: 'http', path: '/up' }, intervalMs: 4000, timeoutMs: 2000, successes: 2, withinMs: 5000 },
      rollout: {
        parallelism: 3,
        unavailable: 1,
        order: 'stop-first',
        delayMs: 3000,
        drainMs: 9000,
        longDrainMs: 9000,
        watchMs: 1000,
        monitorMs: 6000,
        failureAction: 'pause',
      },
      rollback: { parallelism: 0 },
      serviceLabels: { team: 'a' },
      dependsOn: [
        { service: 'db', condition: 'service_healthy', restart: true, required: true },
        { service: 'setup', condition: 'service_completed_successfully' },
      ],
      stopGraceMs: 20_000,
    });
    expect(service?.container).toMatchObject({
      nanoCpus: 500_000_000,
      cpuShares: 256,
      memoryBytes: 268_435_456,
      memoryReservationBytes: 67_108_864,
      pidsLimit: 100,
      tmpfs: { '/run': 'size=1m', '/cache': '' },
      ulimits: { nofile: { soft: 100, hard: 100 }, nproc: { soft: 1, hard: 2 } },
      securityOpt: ['no-new-privileges=true', 'seccomp={"a":1}'],
    });
  });

  it('gives links, shared mounts and files to whom they belong', async () => {
    const { project, files: bytes } = await load();
    const [service, db, setup, backup] = project.services;
    expect(db?.networks).toMatchObject([{ network: 'default', aliases: ['database'] }]);
    expect(db).toMatchObject({ expose: [5432], container: { exposedUdp: [5433] } });
    expect(backup?.mounts.map((m) => [m.source, m.target, m.readOnly])).toEqual([
      ['data', '/data', true],
      [`${home}/src`, '/src', true],
    ]);
    expect(setup?.entrypoint).toEqual([]);
    expect(service?.files.map((f) => [f.kind, f.target, f.mode, f.uid])).toEqual([
      ['secret', '/run/secrets/key', 0o444, undefined],
      ['secret', '/run/secrets/other', 0o400, 10],
      ['config', '/conf', 0o444, undefined],
    ]);
    expect(service?.files.map((f) => new TextDecoder().decode(bytes[f.sha256]))).toEqual(['secret', 'secret', 'port: 1']);
  });

  it('keeps only the networks and volumes that are used, and says where things were written', async () => {
    const { project } = await load();
    expect(project.networks.map((n) => n.name)).toEqual(['all_front', 'all_default']);
    expect(project.volumes.map((v) => v.name)).toEqual(['all_data']);
    expect(project.places).toMatchObject({
      'services.web': 'compose.yaml:4:3',
      'services.web.build': 'compose.yaml:5:5',
      'services.web.ports.1': 'compose.yaml:7:26',
      'networks.front': 'compose.yaml:34:12',
    });
  });

  it('can be read again from the document that `config` shows', async () => {
    const { project, document } = await load();
    const again = await loadFiles({ ...files, 'compose.yaml': JSON.stringify(document) }, { variables: { KEY: 'secret' } });
    expect({ ...again.project, places: {} }).toEqual({ ...project, places: {} });
  });

  it('takes the lowest free port of a range', async () => {
    const { project } = await loadText(
      'services: {a: {image: x, ports: ["8000-8005:80"]}, b: {image: x, ports: ["8000:80", "8000-8005:81"]}}\n',
    );
    expect(project.services.map((s) => s.ports.map((p) => p.published))).toEqual([[8001], [8000, 8002]]);
  });
});

describe('keys without effect', () => {
  const text = 'services:\n  a: {image: x, develop: {}, deploy: {placement: {constraints: [x]}}}\n  b: {image: x, develop: {}}\n';

  it('are listed once each', async () => {
    expect((await loadText(text)).warnings.map((w) => `${String(w.line)}:${String(w.column)} ${w.message} | ${w.hint ?? ''}`)).toEqual([
      '2:17 `services.a.develop` has no effect (also `services.b.develop`) | For `docker compose watch`.',
      '2:39 `services.a.deploy.placement` has no effect | There is one machine.',
    ]);
  });

  it('are an error with --strict', async () => {
    expect(await failureOf(loadText('services: {a: {image: x, isolation: y}}\n', { strict: true }))).toBe(
      [
        'STRICT',
        'compose.yaml:1:26: `services.a.isolation` has no effect',
        '    1 | services: {a: {image: x, isolation: y}}',
        '      |                          ^',
        '      = Windows only.',
      ].join('\n'),
    );
  });
});

describe('any text', () => {
  const words = [
    'services',
    'web',
    'image',
    'x',
    'ports',
    '80:80',
    'environment',
    'depends_on',
    'x-berth',
    'probe',
    '${A}',
    '*a',
    '&a ',
    '<<',
    '!reset',
    'null',
    '1',
    'volumes',
    './a:/b',
  ];

  it('loads or fails with problems, and what loads fits the model', async () => {
    const piece = fc.oneof(
      fc.constantFrom(...words),
      fc.constantFrom(': ', '\n', '\n  ', '\n    ', '[', ']', '{', '}', ', ', '- ', '"'),
      fc.string({ maxLength: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        const text = `services:\n  web:\n    image: x\n    ${pieces.join('')}`;
        const outcome = await loadProject({
          directory: home,
          files: [],
          profiles: [],
          envFiles: [],
          variables: {},
          strict: false,
          reader: readerOf({ 'compose.yaml': text }),
        }).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome.name).toBe('BerthError');
        else if (typeof outcome === 'object' && outcome !== null && 'project' in outcome) projectSchema.parse(outcome.project);
      }),
      { numRuns: 300 },
    );
  });
});
