import fc from 'fast-check';
import { anyScalar, anyText, command, duration, flag, fraction, integer, size, word } from './values.ts';
import { mapping, named, oneOf, partly, quoted, sequence, some, type Yaml } from './yaml.ts';

/** `{NAME: value}`, or a list of `NAME=value`. */
function assignments(value: fc.Arbitrary<Yaml>): fc.Arbitrary<Yaml> {
  const line = fc
    .tuple(word, fc.constantFrom('', '=', '=x', '=a=b', '= x', '=${A}', '=$$X', '=1', '=true'))
    .map(([key, rest]) => quoted(key + rest));
  return fc.oneof(
    named(word, value),
    fc.uniqueArray(line, { minLength: 1, maxLength: 3, selector: (text) => text.split('=')[0] }).map(sequence),
  );
}

/** A port of the machine of which no other mapping has one; berth refuses two that collide. */
function ports(index: number): fc.Arbitrary<Yaml> {
  const first = 10_000 + index * 100;
  const one = (slot: number): fc.Arbitrary<Yaml> => {
    const host = first + slot * 10;
    return oneOf(
      ...[
        `${String(host)}:80`,
        `127.0.0.1:${String(host)}:80`,
        '53/udp',
        `${String(host)}-${String(host + 3)}:90-93`,
        `[::1]:${String(host)}:80`,
        '3000',
        '127.0.0.1::80',
        '7000-7001',
      ].map(quoted),
      String(8000 + slot),
      mapping({ target: '80', published: quoted(String(host)), protocol: 'tcp', mode: 'host' }),
      mapping({ target: '443', published: String(host), host_ip: '127.0.0.1', name: 'web' }),
      mapping({ target: '90' }),
    );
  };
  return fc.integer({ min: 1, max: 3 }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, slot) => one(slot))).map(sequence));
}

const volume = oneOf(
  ...[
    'data:/data',
    'data:/data:ro',
    './dir:/mnt',
    './dir/:/mnt/x:rw',
    '/abs:/abs:z',
    '/only',
    '~/h:/h',
    '../up:/up',
    'cache:/c:nocopy',
    './a/../b:/n',
    '.:/src:cached,ro',
    '/s:/s:rshared',
  ].map(quoted),
  mapping({ type: 'bind', source: './dir', target: '/long', read_only: 'true' }),
  mapping({ type: 'bind', source: './b', target: '/bind', bind: '{create_host_path: true, propagation: rslave}' }),
  mapping({ type: 'volume', source: 'cache', target: '/vol', volume: '{nocopy: true}' }),
  mapping({ type: 'tmpfs', target: '/tmp/t', tmpfs: '{size: 64m, mode: 0700}' }),
  mapping({ type: 'tmpfs', target: '/tmp/u', tmpfs: '{size: 1000}' }),
);

const healthcheck = fc.oneof(
  partly(
    {
      test: oneOf('"curl -f http://localhost"', '[CMD, curl, x]', '[CMD-SHELL, "a || b"]', '[NONE]', '["CMD-SHELL", "echo $$X"]'),
      interval: duration,
      timeout: duration,
      retries: integer(1, 10),
      start_period: duration,
    },
    ['test'],
  ),
  oneOf('{disable: true}', '{test: x, disable: false}'),
);

const limits = partly({ cpus: fraction, memory: size, pids: integer(1, 100) });
const deploy = partly({
  mode: oneOf('replicated', 'global'),
  replicas: integer(0, 5),
  labels: assignments(anyScalar),
  endpoint_mode: oneOf('vip', 'dnsrr'),
  resources: partly({ limits, reservations: partly({ cpus: fraction, memory: size }) }),
  restart_policy: partly({ condition: oneOf('none', 'any', 'on-failure'), delay: duration, max_attempts: integer(0, 5), window: duration }),
  update_config: partly({
    parallelism: integer(0, 3),
    delay: duration,
    failure_action: oneOf('pause', 'continue', 'rollback'),
    order: oneOf('stop-first', 'start-first'),
    monitor: duration,
    max_failure_ratio: oneOf('0', '0.5'),
  }),
});

const grant = (name: string): fc.Arbitrary<Yaml> =>
  fc.oneof(
    fc.constant(name),
    partly(
      {
        source: fc.constant(name),
        target: oneOf('/t', 'relative'),
        uid: oneOf('"1000"'),
        gid: oneOf('"0"'),
        mode: oneOf('0440', '256'),
      },
      ['source'],
    ),
  );

const network = partly({ aliases: some(word), priority: oneOf('0', '10'), link_local_ips: oneOf('[169.254.1.1]') });
const logging = partly({ driver: oneOf('json-file', 'syslog', '"none"'), options: named(word, oneOf('1', '0.5', '"x"', '""')) }, [
  'driver',
]);
const ulimits = named(
  oneOf('nofile', 'nproc', 'core'),
  fc.oneof(integer(1, 9999), partly({ soft: integer(1, 10), hard: integer(10, 20) }, ['soft', 'hard'])),
);

/** The keys of a service that are the same wherever it stands. */
const keys: Readonly<Record<string, fc.Arbitrary<Yaml>>> = {
  command,
  entrypoint: command,
  environment: assignments(anyScalar),
  labels: assignments(anyScalar),
  annotations: assignments(anyScalar),
  env_file: oneOf('a.env', '[a.env, b.env]', 'b.env', '[{path: a.env}, {path: gone.env, required: false}]', '[]'),
  volumes: fc.uniqueArray(volume, { minLength: 1, maxLength: 4 }).map(sequence),
  networks: fc.oneof(
    oneOf('[back]', '[back, default]', '[default]', '[]'),
    network.map((text) => mapping({ back: text })),
    oneOf('{back: , front: }'),
  ),
  healthcheck,
  deploy,
  logging,
  ulimits,
  secrets: fc.oneof(some(grant('s1'), 1), fc.constant('[s1, s2]')),
  configs: fc.oneof(some(grant('c1'), 1), fc.constant('[c1, c2]')),
  extra_hosts: oneOf('["a:1.1.1.1"]', '["a=1.1.1.1", "b:::1"]', '{a: 1.1.1.1, b: "::1"}', '["h:host-gateway"]', '{a: [1.1.1.1, 2.2.2.2]}'),
  dns: oneOf('1.1.1.1', '[1.1.1.1, 8.8.8.8]', '"::1"'),
  dns_search: oneOf('a.example', '[a.example, b.example]'),
  dns_opt: oneOf('[use-vc]'),
  tmpfs: oneOf('/run', '[/run, "/tmp:size=1m"]'),
  expose: oneOf('[80]', '["80", 81, "82/udp"]', '["90-92"]', '[80, "80"]'),
  sysctls: assignments(oneOf('1', '"x"')),
  cap_add: oneOf('[ALL]', '[A, B, A]'),
  cap_drop: oneOf('[NET_ADMIN]'),
  devices: oneOf('["/dev/a:/dev/b"]', '["/dev/a", "/dev/c:/dev/c:r"]'),
  stop_grace_period: duration,
  stop_signal: oneOf('SIGINT', '"9"'),
  shm_size: size,
  memswap_limit: fc.oneof(size, fc.constant('-1')),
  cpu_shares: integer(2, 1024),
  cpuset: oneOf('"0"', '"0,1"', '"0-1"'),
  oom_score_adj: integer(-1000, 1000),
  user: fc.oneof(oneOf('"1000"', 'root', '"1000:1000"'), anyText),
  hostname: oneOf('h', '"${A}"', 'h.example'),
  domainname: oneOf('example.com'),
  working_dir: oneOf('/app', '"/a b"'),
  restart: oneOf('always', '"no"', 'no', 'on-failure', '"on-failure:3"', 'unless-stopped'),
  pull_policy: oneOf('always', 'never', 'missing', 'if_not_present', 'build'),
  platform: oneOf('linux/amd64', 'linux/arm64/v8'),
  tty: flag,
  stdin_open: flag,
  privileged: flag,
  read_only: flag,
  init: flag,
  'x-more': anyScalar,
};

/** How many services from the first may be extended. */
const extended = 2;

const images = oneOf('nginx', 'nginx:1', '"r.example:5000/a/b:c"', '"${A}:${N}"', `"a@sha256:${'0'.repeat(64)}"`, '"x:${UNSET:-1}"');

/** A service of a project; earlier ones can be depended on and extended. `isBase` is one that can stand alone. */
export function service(index: number, earlier: readonly string[], kind: 'base' | 'override'): fc.Arbitrary<Yaml> {
  const around: Record<string, fc.Arbitrary<Yaml>> = {};
  // A service that others extend has no ports of the machine: they would have them too, and berth refuses that.
  if (kind === 'base' && index >= extended) {
    around['group_add'] = oneOf('[mail, 1000]', '["0"]');
    around['security_opt'] = oneOf('["label=x"]', '["no-new-privileges:true"]');
  }
  if (index >= extended) around['ports'] = ports(kind === 'base' ? index : index + 50);
  if (earlier.length > 0) {
    const other = fc.constantFrom(...earlier);
    const condition = partly(
      {
        condition: oneOf('service_started', 'service_healthy', 'service_completed_successfully'),
        required: oneOf('true', 'false'),
        restart: oneOf('true', 'false'),
      },
      ['condition'],
    );
    around['depends_on'] = fc.oneof(fc.uniqueArray(other, { minLength: 1, maxLength: 2 }).map(sequence), named(other, condition, 2));
    const base = fc.constantFrom(...earlier.slice(0, extended));
    if (kind === 'base')
      around['extends'] = fc.oneof(
        base,
        base.map((name) => mapping({ service: name })),
      );
  }
  const chosen = fc.subarray(Object.keys({ ...keys, ...around }), { minLength: 1, maxLength: 8 });
  return chosen.chain((names) => {
    const body = partly(
      Object.fromEntries(names.flatMap((name) => ({ ...keys, ...around })[name] ?? []).map((value, at) => [names[at] ?? '', value])),
      names,
    );
    if (kind === 'override') return body;
    return fc.tuple(images, body).map(([image, text]) => `{image: ${image}, ${text.slice(1)}`);
  });
}
