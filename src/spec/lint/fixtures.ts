import type { SourceFacts } from './rule.ts';

/** An application that a rule must speak of (or not): its files, and what is around it. */
export type Fixture = {
  readonly files: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly source?: SourceFacts;
};

/** For each rule what it must find, as `PLACE MESSAGE`, and applications in which it must find nothing. */
export type RuleFixtures = {
  readonly fails: readonly (readonly [fixture: Fixture, found: readonly string[]])[];
  readonly passes: readonly Fixture[];
};

export const file = (text: string, more: Partial<Fixture> = {}): Fixture => ({ ...more, files: { 'compose.yaml': text, ...more.files } });
/** A service with some keys on line 2, and another one. */
export const web = (keys: string, more: Partial<Fixture> = {}): Fixture =>
  file(`services:\n  web: {image: "x:10", ${keys}}\n  db: {image: "postgres:17"}\n`, more);

const built = { Dockerfile: 'FROM scratch\n' };

/** The fixtures of every rule. */
export const fixtures: Readonly<Record<string, RuleFixtures>> = {
  invalid: {
    fails: [[web('imge: y'), ['compose.yaml:2:24 unknown key `imge` in `services.web`']]],
    passes: [web('tty: true')],
  },
  'duplicate-port': {
    fails: [
      [web('ports: ["80:1", "80:2"]'), ['compose.yaml:2:40 `web` asks twice for the port 80 of the machine (also at compose.yaml:2)']],
      [web('ports: ["53:53/udp"], scale: 2'), ['compose.yaml:2:32 `web` has 2 replicas, but the UDP port 53 can go to one instance only']],
      [
        file('services:\n  a: {image: "x:1", ports: ["127.0.0.1:80:1"]}\n  b: {image: "x:1", ports: ["0.0.0.0:80:1"]}\n'),
        ['compose.yaml:3:29 `b` and `a` both want the port 0.0.0.0:80 of the machine (also at compose.yaml:2)'],
      ],
    ],
    passes: [web('ports: ["80:1"], scale: 3'), web('ports: ["80:1", "80:1/udp"]'), web('ports: ["127.0.0.1:80:1", "10.0.0.1:80:1"]')],
  },
  'unset-variable': {
    fails: [[web('hostname: "a$NAME"'), ['compose.yaml:2:34 the variable `NAME` is not set; it became empty']]],
    passes: [web('hostname: "a${NAME:-}"'), web('hostname: $NAME', { variables: { NAME: 'x' } })],
  },
  'no-effect': {
    fails: [[web('develop: {watch: []}'), ['compose.yaml:2:24 `services.web.develop` has no effect']]],
    passes: [web('tty: true')],
  },
  remark: {
    fails: [[file('name: Shop\nservices: {web: {image: "x:1"}}\n'), ['compose.yaml:1:7 the project name `Shop` is used as `shop`']]],
    passes: [file('name: shop\nservices: {web: {image: "x:1"}}\n')],
  },
  'empty-variable': {
    fails: [
      [web('hostname: "a${NAME}"', { variables: { NAME: '' } }), ['compose.yaml:2:34 the variable `NAME` is set, but empty']],
      [web('hostname: "a${NAME-b}"', { files: { '.env': 'NAME=\n' } }), ['compose.yaml:2:34 the variable `NAME` is set, but empty']],
    ],
    passes: [
      web('hostname: "a${NAME:-b}"', { variables: { NAME: '' } }),
      web('hostname: "a${NAME+b}$$NAME"', { variables: { NAME: '' } }),
      web('hostname: "a${NAME}"', { variables: { NAME: 'x' } }),
    ],
  },
  'unset-environment': {
    fails: [[web('environment: [NAME]'), ['compose.yaml:2:38 `web` passes on the variable `NAME`, which is not set']]],
    passes: [web('environment: [NAME]', { variables: { NAME: 'x' } }), web('environment: ["NAME="]')],
  },
  placeholder: {
    fails: [
      [web('environment: {A: __HOST__}'), ['compose.yaml:2:41 `services.web.environment.A` still has the placeholder `__HOST__`']],
      [
        web('environment: {A: "http://{{ host }}/"}'),
        ['compose.yaml:2:41 `services.web.environment.A` still has the placeholder `{{ host }}`'],
      ],
      [web('environment: ["A=<YOUR_KEY>"]'), ['compose.yaml:2:38 `services.web.environment.A` still has the placeholder `<YOUR_KEY>`']],
      [
        web('env_file: a.env', { files: { 'a.env': '\nPASS=changeme\n' } }),
        ['a.env:2:1 `services.web.environment.PASS` still has the placeholder `changeme`'],
      ],
      [
        web('hostname: "${H}"', { variables: { H: '<CHANGE_ME>' } }),
        ['compose.yaml:2:34 `services.web.hostname` still has the placeholder `<CHANGE_ME>`'],
      ],
    ],
    passes: [
      web('environment: {A: __init__, B: "<b>", C: "a<b", D: "exchange me"}'),
      web('labels: {a: "{{ host }}"}, logging: {driver: json-file, options: {tag: "{{.Name}}"}}'),
    ],
  },
  loopback: {
    fails: [
      [
        web('environment: {DB: "postgres://localhost:5432/x"}'),
        ['compose.yaml:2:42 `services.web.environment.DB` looks for port 5432 in its own container; `db` has it'],
      ],
      [
        web('environment: {DB_HOST: 127.0.0.1, DB_PORT: 5432}'),
        ['compose.yaml:2:47 `services.web.environment.DB_HOST` looks for port 5432 in its own container; `db` has it'],
      ],
      [
        file('services:\n  web: {image: "x:1", environment: ["API=http://localhost:8000"]}\n  api: {image: "y:1", expose: [8000]}\n'),
        ['compose.yaml:2:37 `services.web.environment.API` looks for port 8000 in its own container; `api` has it'],
      ],
    ],
    passes: [
      web('environment: {DB: "postgres://db:5432/x", SELF: "http://localhost:80", HOST: localhost, PORT: "5432"}'),
      web('environment: {DB: "postgres://localhost:5432/x"}, network_mode: host'),
      web('environment: {DB: "localhost:5432"}, expose: [5432]'),
      web('environment: {PUBLIC_URL: "http://localhost:5432"}'),
    ],
  },
  'literal-secret': {
    fails: [
      [web('environment: {DB_PASSWORD: hunter22}'), ['compose.yaml:2:51 `services.web.environment.DB_PASSWORD` holds a secret']],
      [web('environment: {DB_PASSWORD: "${P:-hunter22}"}'), ['compose.yaml:2:51 `services.web.environment.DB_PASSWORD` holds a secret']],
      [
        web('environment: ["URL=postgres://u:p4ss@db/x"]'),
        ['compose.yaml:2:38 `services.web.environment.URL` holds a password in an address'],
      ],
      [web('labels: {x: AKIAIOSFODNN7ABCDEFG}'), ['compose.yaml:2:36 `services.web.labels.x` holds an access key of AWS']],
      [
        web('environment: {SALT: "tG7x0QpZ4bV9mK2sL8wR1nY5"}'),
        ['compose.yaml:2:44 `services.web.environment.SALT` holds what looks like a key'],
      ],
      [web('command: [run, --api-key=abcdefgh]'), ['compose.yaml:2:39 `services.web.command` holds a secret']],
      [
        file('services:\n  web: {build: {context: ., args: {TOKEN: abcdefgh}}}\n', { files: built }),
        ['compose.yaml:2:43 `services.web.build.args.TOKEN` holds a secret'],
      ],
    ],
    passes: [
      web('environment: {DB_PASSWORD: "${P}", DB_PASSWORD_FILE: /run/secrets/p, TOKEN_TTL: 3600, ALLOW_EMPTY_PASSWORD: "true"}', {
        variables: { P: 'hunter22' },
      }),
      web(
        'environment: {URL: "postgres://u:${P}@db/x", PATHS: /usr/local/lib/node_modules/Some1Where, HOME_PAGE: "https://example.com/a:b@c"}',
        {
          variables: { P: 'x' },
        },
      ),
      web('env_file: a.env', { files: { 'a.env': 'DB_PASSWORD=hunter22\n' } }),
    ],
  },
  'secret-build-argument': {
    fails: [
      [
        file('services:\n  web: {build: {context: ., args: {NPM_TOKEN: "${T}"}}}\n', { files: built, variables: { T: 'x' } }),
        ['compose.yaml:2:47 `services.web.build.args.NPM_TOKEN` stays in the image'],
      ],
    ],
    passes: [file('services:\n  web: {build: {context: ., args: {VERSION: "1"}}}\n', { files: built })],
  },
  'ambiguous-value': {
    fails: [
      [
        web('environment: {A: on, B: No}'),
        [
          'compose.yaml:2:41 `on` is text here, but a boolean for YAML 1.1',
          'compose.yaml:2:48 `No` is text here, but a boolean for YAML 1.1',
        ],
      ],
      [
        web('environment: {UMASK: 022, VERSION: 1.10, N: 1_000, A: 12}, labels: {zip: 01234}'),
        [
          'compose.yaml:2:45 `022` is a number here, and arrives as `18`',
          'compose.yaml:2:59 `1.10` is a number here, and arrives as `1.1`',
          'compose.yaml:2:68 `1_000` is a number here, and arrives as `1000`',
          'compose.yaml:2:97 `01234` is a number here, and arrives as `668`',
        ],
      ],
      [web('ports: [2222:22]'), ['compose.yaml:2:32 `2222:22` is text here, but a number to the base of 60 for YAML 1.1']],
    ],
    passes: [
      web('environment: {A: "on", B: \'no\', C: online}, ports: [8080:80, "22:22"], restart: "no"'),
      web('environment: {A: "022", B: 1.5, C: -3, D: 2024-01-01, E: "${X}"}', { variables: { X: '022' } }),
      web('environment: ["A=022"], env_file: a.env', { files: { 'a.env': 'B=022\n' } }),
    ],
  },
  'image-tag': {
    fails: [
      [file('services:\n  a: {image: x}\n'), ['compose.yaml:2:14 the image of `a` (`x`) has no tag']],
      [
        file('services:\n  a: {image: "r:5000/x:latest"}\n'),
        ['compose.yaml:2:14 the image of `a` (`r:5000/x:latest`) has the tag `latest`'],
      ],
    ],
    passes: [
      file(`services:\n  a: {image: "r:5000/x:1"}\n  b: {image: "x@sha256:${'0'.repeat(64)}"}\n  c: {image: mine, build: .}\n`, {
        files: built,
      }),
    ],
  },
  'started-is-not-ready': {
    fails: [[web('depends_on: [db]'), ['compose.yaml:2:37 `web` waits until `db` has started, not until it answers']]],
    passes: [web('depends_on: {db: {condition: service_healthy}}')],
  },
  'missing-mount': {
    fails: [[web('volumes: ["./conf:/etc/x"]'), ['compose.yaml:2:34 `web` mounts `/work/shop/conf`, which is not there']]],
    passes: [web('volumes: ["./conf:/etc/x"]', { files: { conf: 'x' } })],
  },
  'file-log': {
    fails: [
      [
        web('environment: {LOG_FILE: /var/log/a.log}'),
        ['compose.yaml:2:48 `services.web.environment.LOG_FILE` sends the log to the file `/var/log/a.log`'],
      ],
      [
        web('command: [gunicorn, --access-logfile, /a.log]'),
        ['compose.yaml:2:44 `services.web.command` sends the log to the file `/a.log`'],
      ],
      [
        web('volumes: ["/srv:/app/logs"]', { files: { '/srv/x': '' } }),
        ['compose.yaml:2:34 `web` keeps a folder of logs: `/app/logs` is mounted'],
      ],
    ],
    passes: [
      web('environment: {LOG_FILE: /dev/stdout, LOG_LEVEL: info}, command: [gunicorn, --access-logfile, "-"]'),
      web('volumes: ["/srv:/var/log:ro"]', { files: { '/srv/x': '' } }),
    ],
  },
  'exposed-store': {
    fails: [
      [
        file('services:\n  db: {image: "postgres:17", ports: ["5432:5432"]}\n'),
        ['compose.yaml:2:38 the port 5432 of `db` is open to everybody who reaches the machine'],
      ],
    ],
    passes: [file('services:\n  db: {image: "postgres:17", ports: ["127.0.0.1:5432:5432"]}\n  web: {image: "x:1", ports: ["80:80"]}\n')],
  },
  'shared-store': {
    fails: [
      [
        file('services:\n  db: {image: "redis:7", scale: 2, volumes: ["d:/data"]}\nvolumes: {d: }\n'),
        ['compose.yaml:2:33 2 instances of `db` would share one volume'],
      ],
    ],
    passes: [file('services:\n  db: {image: "redis:7", volumes: ["d:/data"]}\n  c: {image: "redis:7", scale: 2}\nvolumes: {d: }\n')],
  },
  privileged: {
    fails: [[web('privileged: true'), ['compose.yaml:2:36 `web` is privileged']]],
    passes: [web('privileged: false')],
  },
  'engine-socket': {
    fails: [
      [
        web('volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]', { files: { '/var/run/docker.sock': '' } }),
        ["compose.yaml:2:34 `web` has the engine's socket (`/var/run/docker.sock`)"],
      ],
      [web('use_api_socket: true'), ["compose.yaml:2:40 `web` has the engine's socket"]],
    ],
    passes: [web('use_api_socket: false')],
  },
  'no-health-check': {
    fails: [
      [file('services:\n  a: {image: "x:1"}\n'), ['compose.yaml:2:3 `a` has no health check']],
      [file('services:\n  a: {image: "x:1", healthcheck: {disable: true}}\n'), ['compose.yaml:2:3 `a` has no health check']],
    ],
    passes: [
      file('services:\n  a: {image: "x:1", healthcheck: {test: "true"}}\n'),
      file(
        'services:\n  a: {image: "x:1", x-berth: {probe: {http: /}}, depends_on: {j: {condition: service_completed_successfully}}}\n  j: {image: "x:1"}\n',
      ),
    ],
  },
  'no-memory-limit': {
    fails: [[file('services:\n  a: {image: "x:1"}\n'), ['compose.yaml:2:3 `a` has no limit of memory']]],
    passes: [file('services:\n  a: {image: "x:1", mem_limit: 1g}\n  b: {image: "x:1", deploy: {resources: {limits: {memory: 1g}}}}\n')],
  },
  unused: {
    fails: [
      [
        file(
          'services: {a: {image: "x:1"}}\nvolumes: {v: }\nnetworks: {n: }\nsecrets: {s: {environment: S}}\nconfigs: {c: {content: x}}\n',
        ),
        [
          'compose.yaml:2:11 no service uses the volume `v`',
          'compose.yaml:3:12 no service uses the network `n`',
          'compose.yaml:4:11 no service uses the secret `s`',
          'compose.yaml:5:11 no service uses the config `c`',
        ],
      ],
    ],
    passes: [
      file(
        'services: {a: {image: "x:1", x-berth: {port: 1, routes: [a.test], tls: {cert: c, key: k}}}}\nsecrets: {c: {external: true}, k: {external: true}}\n',
      ),
      file(
        'services:\n  a: {image: "x:1", profiles: [p], volumes: ["v:/v"], networks: [n], configs: [c]}\n  b: {build: {context: ., secrets: [s]}}\nvolumes: {v: }\nnetworks: {n: , default: }\nsecrets: {s: {environment: S}}\nconfigs: {c: {content: x}}\n',
        {
          files: built,
        },
      ),
    ],
  },
  'bad-ignore': {
    fails: [
      [web('tty: true} # berth: ignore\n  c: {image: "x:1"'), ['compose.yaml:2:35 the comment names no rule to ignore']],
      [web('tty: true} # berth: ignore image-tags why\n  c: {image: "x:1"'), ['compose.yaml:2:35 there is no rule `image-tags`']],
      [
        web('tty: true} # berth: ignore image-tag\n  c: {image: "x:1"'),
        ['compose.yaml:2:35 the comment says not why `image-tag` is ignored'],
      ],
    ],
    passes: [web('hostname: "# berth: ignore"} # berth: ignore image-tag it is so\n  c: {image: "x:1"')],
  },
};
