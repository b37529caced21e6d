import { files, type Case } from './case.ts';

const over = (base: string, above: string): Case => ({
  name: `merge: ${base} | ${above}`,
  files: {
    'compose.yaml': `services:\n  web: {image: x, ${base}}\n  db: {image: d}\n  cache: {image: c}\n`,
    'compose.override.yaml': `services: {web: {${above}}}\n`,
    'a.env': 'X=a\nY=a\n',
    'b.env': 'X=b\n',
    Dockerfile: 'FROM scratch\n',
  },
});

const merges: readonly Case[] = [
  over('command: a b', 'command: [c]'),
  over('entrypoint: [a]', 'entrypoint: b c'),
  over('environment: {A: 1, B: 2}', 'environment: [B=3, "C="]'),
  over('environment: [A=1]', 'environment: {A: 2, B: }'),
  over('labels: [a=1]', 'labels: {a: 2, b: x}'),
  over('labels: {a: 1}', 'labels: [a]'),
  over('environment: {A: 1}', 'environment: [A]'),
  over('annotations: {a: 1}', 'annotations: {a: }'),
  over('env_file: a.env', 'env_file: [b.env]'),
  over('env_file: [a.env, b.env]', 'env_file: [{path: a.env, required: false}]'),
  over('networks: {default: {aliases: [x, x]}}', 'networks: {default: {aliases: [y, x]}}'),
  over('dns: 1.1.1.1', 'dns: [2.2.2.2, 1.1.1.1]'),
  over('dns_search: a', 'dns_search: [b]'),
  over('cap_add: [A]', 'cap_add: [B, A]'),
  over('tmpfs: /a', 'tmpfs: [/b]'),
  over('extra_hosts: ["a:1.1.1.1"]', 'extra_hosts: {b: 2.2.2.2}'),
  over('healthcheck: {test: a, interval: 1s}', 'healthcheck: {test: ["CMD", b], retries: 2}'),
  over('logging: {driver: a, options: {x: "1"}}', 'logging: {options: {y: "2"}}'),
  over('logging: {driver: a, options: {x: "1"}}', 'logging: {driver: b, options: {y: "2"}}'),
  over('ulimits: {nofile: 1, nproc: 2}', 'ulimits: {nofile: {soft: 1, hard: 2}}'),
  over('depends_on: [db]', 'depends_on: {cache: {condition: service_healthy}}'),
  over('volumes: ["/a:/t", "/c:/u"]', 'volumes: ["/b:/t:ro"]'),
  over('ports: ["80:1"]', 'ports: [{target: 1, published: "80"}, "81:1"]'),
  over('expose: [80]', 'expose: ["81"]'),
  over('devices: ["/dev/a:/dev/x"]', 'devices: ["/dev/b:/dev/x", "/dev/c"]'),
  over('deploy: {replicas: 2, resources: {limits: {cpus: "1"}}}', 'deploy: {replicas: 3, resources: {limits: {memory: 1g}}}'),
  over('build: .', 'build: {target: t, args: [A=1]}'),
  over('build: {context: ., args: {A: 1, B: 2}}', 'build: {args: [B=3]}'),
  over('sysctls: {a: 1}', 'sysctls: ["b=2"]'),
  over('networks: [default]', 'networks: {default: {aliases: [x]}}'),
  over('profiles: []', 'hostname: h'),
  over('cpus: 1, mem_limit: 1g', 'cpus: 2'),
  over('blkio_config: {weight: 10}', 'blkio_config: {weight: 20}'),
  over('annotations: {a: b}', 'annotations: [c=d]'),
  over('security_opt: [a]', 'security_opt: [b]'),
  over('x-a: {b: 1}', 'x-a: {c: 2}'),
  over('ports: ["80:1"]', 'ports: !reset []'),
  over('environment: {A: 1, B: 2}', 'environment: {A: !reset null}'),
];

const common = {
  'sub/inc.yaml':
    'services:\n  db:\n    image: "db:${TAG:-none}"\n    volumes: ["./d:/d", "data:/v"]\n    environment: [FOO, X=1]\n    env_file: e.env\n    build: {context: ., additional_contexts: {r: ./r}}\n    secrets: [s]\n    ports: ["80:80"]\nvolumes: {data: {}}\nsecrets: {s: {file: ./s.txt}}\n',
  'sub/Dockerfile': 'FROM scratch\n',
  'sub/.env': 'TAG=fromsub\nFOO=foo\n',
  'sub/e.env': 'E1=$TAG\nE2=lit\n',
  'sub/s.txt': 'secret',
  'sub/over.yaml': 'services: {db: {image: "over$TAG", ports: ["81:81"]}}\n',
  'my.env': 'TAG=my\n',
  'e.env': 'A=1\n',
  's.txt': 'x',
  Dockerfile: 'FROM scratch\n',
};
const web = 'services: {web: {image: "w:${TAG:-none}"}}';

const includes: readonly Case[] = [
  ...files(
    'include',
    [
      `include: [sub/inc.yaml]\n${web}`,
      `include: [{path: sub/inc.yaml}]\n${web}`,
      `include: [{path: sub/inc.yaml, project_directory: .}]\n${web}`,
      `include: [{path: [sub/inc.yaml, sub/over.yaml]}]\n${web}`,
      `include: [{path: sub/inc.yaml, env_file: my.env}]\n${web}`,
      `include: [{path: sub/inc.yaml, env_file: [my.env, sub/.env]}]\n${web}`,
      `include: [{path: sub/inc.yaml, env_file: [sub/.env, my.env]}]\n${web}`,
      `include: [sub/inc.yaml, {path: sub/inc.yaml}]\n${web}`,
      `include: []\n${web}`,
      `include: [sub/inc.yaml]\nservices: {web: {image: w, depends_on: [db], volumes: ["data:/x"]}}`,
    ],
    { files: common },
  ),
  ...files('include under the variables of the process', [`include: [sub/inc.yaml]\n${web}`], {
    files: common,
    variables: { TAG: 'process' },
  }),
  ...files('include under .env', [`include: [sub/inc.yaml]\n${web}`], { files: { ...common, '.env': 'TAG=top\n' } }),
  ...files('include changed by the override', [`include: [sub/inc.yaml]\n${web}`], {
    files: { ...common, 'compose.override.yaml': 'services: {db: {image: changed, ports: !reset [], environment: {NEW: n}}}\n' },
  }),
  ...files('include in include', ['include: [a/c.yaml, b/c.yaml]\n' + web], {
    files: {
      'a/c.yaml': 'include: [../common/c.yaml]\nservices: {a: {image: a, networks: [shared], volumes: ["./x:/x"]}}\n',
      'b/c.yaml': 'include: [{path: ../common/c.yaml}]\nservices: {b: {image: b, networks: [shared]}}\n',
      'common/c.yaml': 'networks: {shared: {labels: [x=1]}}\n',
    },
  }),
  ...files(
    'include rejected',
    [
      `include: [gone.yaml]\n${web}`,
      `include: [{path: sub/inc.yaml, env_file: gone.env}]\n${web}`,
      `include: [sub/inc.yaml]\nservices: {db: {image: other}}`,
      `include: sub/inc.yaml\n${web}`,
      `include: [compose.yaml]\n${web}`,
    ],
    { files: common, rejected: true },
  ),
];

const bases = {
  'sub/base.yaml':
    'services:\n  base: {extends: {service: root, file: ../root.yaml}, image: base, volumes: ["./y:/y"], ports: ["80:80"], env_file: e.env, build: {context: ., additional_contexts: {r: ./r}}}\n',
  'sub/e.env': 'E=1\n',
  'sub/Dockerfile': 'FROM scratch\n',
  'root.yaml': 'services:\n  root: {image: root, command: "run me", labels: {a: b}, volumes: ["./z:/z"], environment: {A: 1, B: "$V"}}\n',
  'needs.yaml': 'services: {it: {image: i, depends_on: [other]}, other: {image: o}}\n',
};

const extensions: readonly Case[] = [
  ...files(
    'extends',
    [
      'services:\n  a: {image: a, command: [x], expose: ["1"], environment: [A=1], labels: {l: "1"}}\n  b: {extends: a, ports: ["2:2"], environment: {B: 2}}\n  d: {extends: {service: a}, expose: ["3"]}\n  c: {extends: {service: d}, image: c}',
      'services: {a: {extends: {service: base, file: sub/base.yaml}, ports: ["81:81"], volumes: ["./x:/x", "./q:/y"]}}',
      'services: {a: {extends: {service: root, file: root.yaml}, command: [mine], environment: [A=2]}}',
      'services: {a: {extends: {service: base, file: ./sub/base.yaml}, build: {target: t}}, b: {extends: {service: base, file: sub/base.yaml}, image: b, ports: !reset []}}',
      'services: {a: {extends: {service: it, file: needs.yaml}}, other: {image: x}}',
      'services: {a: {image: a, healthcheck: {test: [NONE]}, logging: {driver: none}, networks: [n], deploy: {replicas: 2}}, b: {extends: a, networks: {n: {aliases: [x]}}, deploy: {labels: [q]}}}\nnetworks: {n: }',
    ],
    { files: bases, variables: { V: 'v' } },
  ),
  ...files(
    'extends in an override',
    ['services: {a: {image: a, ports: ["1:1"], volumes: ["/low:/v"]}, base: {image: b, command: [b], volumes: ["/base:/v"]}}'],
    {
      files: { 'compose.override.yaml': 'services: {base: {image: b2, command: [b2]}, a: {extends: base, environment: [X=1]}}\n' },
    },
  ),
  ...files(
    'extends rejected',
    [
      'services: {a: {extends: b}, b: {extends: a}}',
      'services: {a: {extends: a}}',
      'services: {a: {extends: gone, image: x}}',
      'services: {a: {extends: {service: gone, file: root.yaml}, image: x}}',
      'services: {a: {extends: {service: root, file: gone.yaml}, image: x}}',
      'services: {a: {extends: {file: root.yaml}, image: x}}',
      'services: {a: {extends: {service: it, file: needs.yaml}}}',
    ],
    { files: bases, variables: { V: 'v' }, rejected: true },
  ),
];

const anchors: readonly Case[] = files('anchors', [
  'x-common: &common {restart: always, environment: {A: 1}}\nservices: {web: {<<: *common, image: a}, api: {<<: *common, image: b, environment: {B: 2}}}',
  'x-a: &a {restart: always, hostname: a}\nx-b: &b {hostname: b, tty: true}\nservices: {web: {<<: [*a, *b], image: a}}',
  'x-env: &env {A: 1, B: 2}\nservices: {web: {image: a, environment: {<<: *env, B: 3}}}',
  'x-e: &e [A=1]\nservices: {web: {image: a, environment: *e}, api: {image: a, environment: *e}}',
  'services:\n  web: &web\n    image: a\n    command: &cmd [x, y]\n  api:\n    <<: *web\n    entrypoint: *cmd',
]);

const envFiles: readonly Case[] = [
  ...files(
    'env_file',
    [
      'services: {web: {image: a, env_file: a.env}}',
      'services: {web: {image: a, env_file: [a.env, b.env]}}',
      'services: {web: {image: a, env_file: [{path: a.env}, {path: gone.env, required: false}], environment: {Z: own}}}',
      'services: {web: {image: a, env_file: [{path: a.env, required: true}], environment: [OUT, NONE]}}',
      'services: {web: {image: a, env_file: ./c.env}}',
    ],
    {
      files: {
        'a.env': '# comment\nA=1\nB="two words" # c\nexport C=\'$raw\'\nD=${A}-${OUT}-${NO:-d}\n\nE=\n',
        'b.env': 'A=2\nF=${B}\nOUT\n',
        'c.env': 'M="line1\nline2"\nQ=a#b\nR=a #b\nS: yaml\nT=x\\ny\nU="x\\ny"\nV=\'x\\ny\'\n',
      },
      variables: { OUT: 'outside' },
    },
  ),
  ...files('env_file after env_file', ['services: {web: {image: a, env_file: [b.env, a.env], environment: {O: own}}}'], {
    files: { 'a.env': 'A=2\nE=1\nG=${A}-$E-$P-$O-$N\nO=x\n', 'b.env': 'A=file\nE=2\nP=file\n' },
    variables: { A: 'process', P: 'process', N: 'process' },
  }),
  ...files(
    'variables',
    [
      'services: {web: {hostname: "$A-${A}-${B:-d}-${B-e}-${A:+s}-${C:-${A}}-$$A", image: a, labels: {a: "${A}x$", b: "${B:-}"}}}',
      'services: {web: {image: a, scale: "${N}", tty: "${T}", cpus: "${F}", ports: ["${P}:80"], environment: {N: "${N}"}}}',
      'services: {web: {image: a, command: "echo ${A} $${B}", volumes: ["${D:-./d}:/d"]}}',
    ],
    { variables: { A: 'a', N: '2', T: 'true', F: '0.5', P: '8080' } },
  ),
  ...files('.env', ['services: {web: {image: "$A$B"}}'], { files: { '.env': 'A=1\nB=${A}2\n' }, variables: { A: 'p' } }),
  ...files('--env-file', ['services: {web: {image: "$A$B"}}'], {
    files: { '.env': 'A=1\nB=0\n', 'x.env': 'A=x\n', 'y.env': 'B=y\n' },
    flags: ['--env-file', 'x.env', '--env-file', 'y.env'],
  }),
  {
    name: '-f twice, from another directory',
    files: {
      'a/one.yaml': 'services: {web: {image: x, volumes: ["./d:/d"]}}\n',
      'b/two.yaml': 'services: {web: {image: y, volumes: ["./e:/e"]}}\n',
      'a/.env': 'Q=1\n',
    },
    flags: ['-f', 'a/one.yaml', '-f', 'b/two.yaml'],
  },
  {
    name: 'COMPOSE_FILE',
    files: { 'one.yaml': 'services: {web: {image: x}}\n', 'two.yaml': 'services: {web: {image: y}}\n' },
    variables: { COMPOSE_FILE: 'one.yaml:two.yaml' },
  },
];

/** Files over files: merging, `include`, `extends`, anchors, variables. */
export const layerCases: readonly Case[] = [...merges, ...includes, ...extensions, ...anchors, ...envFiles];
