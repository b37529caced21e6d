import { describe, expect, it } from 'vitest';
import { BerthError } from '../errors/index.ts';
import { parse } from './parse.ts';
import { commands } from './table.ts';

function parsed(line: string) {
  const invocation = parse(line === '' ? [] : line.split(' '), commands);
  if (invocation.kind !== 'run') return invocation;
  const { command, input, globals } = invocation;
  return { verb: command.name, words: input.words, flags: input.flags, globals };
}

function refused(line: string): string {
  try {
    parse(line.split(' '), commands);
  } catch (error) {
    if (error instanceof BerthError) return `${error.code}: ${error.message} ${error.hint ?? ''}`.trim();
    throw error;
  }
  return 'accepted';
}

describe('reads', () => {
  it.each([
    ['up', { verb: 'up', words: [] }],
    ['up web api -y', { verb: 'up', words: ['web', 'api'], globals: expect.objectContaining({ yes: true }) }],
    ['up --no-build', { flags: expect.objectContaining({ build: false }) }],
    ['up --build', { flags: expect.objectContaining({ build: true }) }],
    ['up', { flags: expect.objectContaining({ build: undefined, detach: false }) }],
    [
      '-f a.yaml -f b.yaml logs -f web',
      { globals: expect.objectContaining({ file: ['a.yaml', 'b.yaml'] }), flags: expect.objectContaining({ follow: true }) },
    ],
    [
      'logs --file a.yaml -n5 web',
      { globals: expect.objectContaining({ file: ['a.yaml'] }), flags: expect.objectContaining({ tail: '5' }) },
    ],
    ['ps --json', { globals: expect.objectContaining({ json: true }) }],
    ['--json ps', { globals: expect.objectContaining({ json: true }) }],
    ['-e staging -C /srv up --strict', { globals: expect.objectContaining({ env: 'staging', directory: '/srv', strict: true }) }],
    ['server status --json', { verb: 'server status', globals: expect.objectContaining({ json: true }) }],
    ['exec web ls -la --color', { verb: 'exec', words: ['web', 'ls', '-la', '--color'] }],
    [
      'exec -T -u root web -- sh -c x',
      { words: ['web', 'sh', '-c', 'x'], flags: expect.objectContaining({ 'no-tty': true, user: 'root' }) },
    ],
    ['run -e A=1 -e B=2 web -- env', { words: ['web', 'env'], flags: expect.objectContaining({ env: ['A=1', 'B=2'] }) }],
    [
      '-e staging exec -e A=1 web -- env',
      { flags: expect.objectContaining({ env: ['A=1'] }), globals: expect.objectContaining({ env: 'staging' }) },
    ],
    ['exec -e A=1 web -- env', { flags: expect.objectContaining({ env: ['A=1'] }), globals: expect.objectContaining({ env: undefined }) }],
    ['-f a.yaml logs --file b.yaml', { globals: expect.objectContaining({ file: ['a.yaml', 'b.yaml'] }) }],
    ['exec web -- grep -- -x', { words: ['web', 'grep', '--', '-x'] }],
    [
      'uninstall --purge -y',
      { flags: expect.objectContaining({ purge: true, volumes: false }), globals: expect.objectContaining({ yes: true }) },
    ],
  ])('berth %s', (line, wanted) => {
    expect(parsed(line)).toMatchObject(wanted);
  });

  it.each([
    ['', undefined],
    ['--help', undefined],
    ['help', undefined],
    ['help up', 'up'],
    ['up --help', 'up'],
    ['logs web -h', 'logs'],
    ['server --help', 'server'],
    ['help server', 'server'],
    ['help server stop', 'server stop'],
    ['exec --help', 'exec'],
  ])('berth %s as a question for help', (line, topic) => {
    expect(parsed(line)).toEqual({ kind: 'help', topic });
  });

  it('leaves --help behind the service of exec to the command', () => {
    expect(parsed('exec web ls --help')).toMatchObject({ words: ['web', 'ls', '--help'] });
  });
});

it.each([
  ['rollbak', 'USAGE: berth has no verb `rollbak`. Did you mean `rollback`?'],
  ['frobnicate', 'USAGE: berth has no verb `frobnicate`. Run `berth help` to see the verbs.'],
  ['logs --folow', 'USAGE: `berth logs` has no flag `--folow`. Did you mean `--follow`?'],
  ['up --no-biuld', 'USAGE: `berth up` has no flag `--no-biuld`. Did you mean `--no-build`?'],
  ['up -e staging', 'USAGE: `berth up` has no flag `-e`. `-e` is a flag of berth itself and goes before the verb: `berth -e ENV up`.'],
  ['up -z', 'USAGE: `berth up` has no flag `-z`. Run `berth help up`.'],
  ['--jsn ps', 'USAGE: `berth` has no flag `--jsn`. Did you mean `--json`?'],
  ['--json', 'USAGE: No verb was given. Run `berth help` to see them.'],
  ['logs -n', 'USAGE: `-n` needs a value: N. Run `berth help logs`.'],
  ['up --detach=yes', 'USAGE: `--detach` takes no value. Run `berth help up`.'],
  ['scale', 'USAGE: `berth scale` needs SERVICE=N. Run `berth help scale`.'],
  ['exec web', 'USAGE: `berth exec` needs SERVICE COMMAND…. Run `berth help exec`.'],
  ['history web', 'USAGE: `berth history` has no use for `web`. Run `berth help history`.'],
  ['server', 'USAGE: `berth server` needs one more word. It is one of: status, stop, run, install.'],
  ['server stats', 'USAGE: `berth server` has no `stats`. Did you mean `status`?'],
  ['help rollbak', 'USAGE: berth has no verb `rollbak`. Did you mean `rollback`?'],
])('refuses berth %s', (line, message) => {
  expect(refused(line)).toBe(message);
});
