import { describe, expect, it } from 'vitest';
import { berth, type Given } from './fake-world.ts';

const files = { '/app/compose.yaml': 'name: shop\nservices:\n  web: { image: a }\n', '/app/compose.prod.yaml': 'services: {}\n' };
const set = (input: { values: Record<string, string> }) =>
  Promise.resolve(Object.keys(input.values).map((name) => ({ name, version: 1, changed: true })));
const run = (argv: readonly string[], more: Given = {}) => berth(argv, { files, client: { setSecrets: set as never }, ...more });
const sent = (calls: readonly (readonly [string, unknown])[]) => calls.find(([name]) => name === 'setSecrets')?.[1];
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('berth secret set', () => {
  it('sends what stands on standard input, without its line end, for the app and its environment', async () => {
    const ended = await run(['secret', 'set', 'DB'], { input: 'geheim\n' });
    expect(ended).toMatchObject({ code: 0, out: 'DB of shop: version 1\n' });
    expect(sent(ended.calls)).toEqual({ app: 'shop', values: { DB: base64('geheim') }, known: false });
    const prod = await run(['-e', 'prod', 'secret', 'rotate', 'DB'], { input: 'a\nb\r\n' });
    expect(sent(prod.calls)).toEqual({ app: 'shop', environment: 'prod', values: { DB: base64('a\nb') }, known: true });
    const shared = await run(['secret', 'set', 'DB', '--shared', '--file', 'k.pem'], { files: { ...files, '/app/k.pem': 'x\n' } });
    expect(sent(shared.calls)).toEqual({ values: { DB: base64('x\n') }, known: false });
  });

  it('asks on a terminal, and changes nothing when the user backs out', async () => {
    const typed = await run(['secret', 'set', 'DB'], { terminal: { answer: true }, typed: 'getippt' });
    expect(sent(typed.calls)).toMatchObject({ values: { DB: base64('getippt') } });
    expect(await run(['secret', 'set', 'DB'], { terminal: { answer: true } })).toMatchObject({ code: 130, calls: [] });
  });

  it.each([
    [['secret', 'set', 'DB', 'geheim'], 'takes no value as an argument'],
    [['secret', 'set', 'DB=geheim'], 'takes no value as an argument'],
    [['secret', 'rotate', 'DB', 'geheim'], 'takes no value as an argument'],
    [['secret', 'set', 'a b'], 'That is no name for a secret.'],
    [['secret', 'set', 'DB'], 'The value of DB is empty.'],
    [['secret', 'set', 'DB', '--file', 'none'], 'There is no file none.'],
    [['secret', 'get', 'DB', '--at', 'x'], '`--at` needs the number of a version.'],
  ])('%j is an error that repeats no value', async (argv, message) => {
    const ended = await run(argv);
    expect(ended).toMatchObject({ code: 2, err: expect.stringContaining(message) });
    expect(ended.err + ended.out).not.toContain('geheim');
    expect(ended.calls).toEqual([]);
  });
});

describe('berth secret import', () => {
  it('takes an env file, quotes and all', async () => {
    const ended = await run(['secret', 'import'], { input: "# c\nexport A=1\nB='pa$$wörd x'\n" });
    expect(sent(ended.calls)).toEqual({ app: 'shop', values: { A: base64('1'), B: base64('pa$$wörd x') }, known: false });
  });

  it.each([
    ['A=1\nB=se$cret\n', 'standard input:2: a `$` begins a variable here, and the file does not set it'],
    ['A=\n', 'the value of A is empty'],
    ['_A=geheim\n', '_A is no name for a secret'],
    ['A="geheim\n', 'standard input:1: this is not NAME=value'],
    ['\n', 'There is no NAME=value in standard input'],
  ])('%j is an error with its line and without its text', async (input, message) => {
    const ended = await run(['secret', 'import'], { input });
    expect(ended).toMatchObject({ code: 2, err: expect.stringContaining(message), calls: [] });
    expect(ended.err).not.toMatch(/geheim|se\$cret/);
  });
});

it('berth secret list shows versions and who uses them', async () => {
  const secrets = [
    { app: 'shop', name: 'DB', source: 'store', version: 2, createdAtMs: 0, usedBy: [{ app: 'shop', release: 3 }] },
    { name: 'K', source: 'vault', version: 1, createdAtMs: 0, usedBy: [] },
  ] as const;
  const { out } = await run(['secret', 'list'], { client: { listSecrets: () => Promise.resolve([...secrets] as never) } });
  expect(out).toMatch(
    /^NAME +APP +ENVIRONMENT +VERSION +SOURCE +MADE +USED BY RELEASES\nDB +shop +- +2 +set here .* shop 3\nK +\(every app\) +- +1 +copy from vault .* -\n$/,
  );
});
