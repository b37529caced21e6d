import { describe, expect, it } from 'vitest';
import { failureOf, loadFiles, loadText } from '../../test/fakes/spec-files.ts';

const web = 'services: {web: {image: x}}\n';
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const doubling = `A0=0123456789\n${times(39, (i) => `A${String(i + 1)}=$A${String(i)}$A${String(i)}\n`).join('')}`;
const references = (count: number, twice: 1 | 2): string =>
  `services:\n  web:\n    image: x\n    x-berth:\n      environment:\n${times(count, (i) => `        A${String(i)}: ${i === count - 1 ? 'x' : `\${config:services.web.x-berth.environment.A${String(i + 1)}}`.repeat(twice)}\n`).join('')}`;

/** Without the bounds, each of these takes longer than the universe, all memory, or the stack. */
const endless: readonly (readonly [what: string, files: Readonly<Record<string, string>>, message: string])[] = [
  [
    'aliases of aliases',
    {
      'compose.yaml': `x-0: &a0 {k: v}\n${times(25, (i) => `x-${String(i + 1)}: &a${String(i + 1)} {l: *a${String(i)}, r: *a${String(i)}}\n`).join('')}${web}`,
    },
    'stands for more than 500000 values',
  ],
  ['lists in lists', { 'compose.yaml': `x-a:\n  ${'- '.repeat(50_000)}x\n${web}` }, 'nested too deeply'],
  [
    'mappings in mappings',
    { 'compose.yaml': `x-a:\n${times(2000, (i) => `${' '.repeat(i + 1)}a:\n`).join('')}${web}` },
    'nested too deeply',
  ],
  ['brackets in brackets', { 'compose.yaml': `x-a: ${'{a: '.repeat(5000)}1${'}'.repeat(5000)}\n${web}` }, 'nested too deeply'],
  [
    'defaults in defaults',
    { 'compose.yaml': `services: {web: {image: x, hostname: "${'${A:-'.repeat(20_000)}x${'}'.repeat(20_000)}"}}\n` },
    'compose.yaml:1:38: its defaults are nested more than 100 levels deep',
  ],
  ['variables that double', { 'compose.yaml': web, '.env': doubling }, '.env:18:1: it becomes longer than 1000000 characters'],
  [
    'variables that double in an env file',
    { 'compose.yaml': 'services: {web: {image: x, env_file: a.env}}\n', 'a.env': doubling },
    'a.env:18:1: it becomes longer than 1000000 characters',
  ],
  ['references that double', { 'compose.yaml': references(40, 2) }, 'the value becomes longer than 1000000 characters'],
  ['a chain of references', { 'compose.yaml': references(5000, 1) }, 'refers from one thing to the next, too deeply'],
  [
    'files that include the next one twice',
    {
      'compose.yaml': `include: [f0.yaml]\n${web}`,
      ...Object.fromEntries(
        times(40, (i) => [
          `f${String(i)}.yaml`,
          i === 39 ? 'services: {a: {image: x}}\n' : `include: [f${String(i + 1)}.yaml, f${String(i + 1)}.yaml]\n`,
        ]),
      ),
    },
    'files are included more than 1000 times',
  ],
  [
    'files that include each other',
    { 'compose.yaml': `include: [a.yaml]\n${web}`, 'a.yaml': 'include: [b.yaml]\n', 'b.yaml': 'include: [a.yaml]\n' },
    'the files include each other in a circle: a.yaml → b.yaml → a.yaml',
  ],
];

describe('an application that would never end', () => {
  it.each(endless)('%s: a clear error', async (_what, files, message) => expect(await failureOf(loadFiles(files))).toContain(message));
});

describe('a large application', () => {
  const lines = (count: number, line: (index: number) => string): string => times(count, line).join('');

  it.each<readonly [what: string, files: Readonly<Record<string, string>>]>([
    ['10 MB of a list', { 'compose.yaml': `x-a:\n${lines(450_000, (i) => `  - number ${String(i)} of all\n`)}${web}` }],
    ['10 MB of comments', { 'compose.yaml': `${'# 0123456789\n'.repeat(800_000)}${web}` }],
    ['10 MB of one text', { 'compose.yaml': `x-a: "${'a'.repeat(10_000_000)}"\n${web}` }],
    [
      'a chain of 500 services',
      {
        'compose.yaml': `services:\n${lines(500, (i) => `  s${String(i)}: {image: x${i === 499 ? '' : `, extends: s${String(i + 1)}`}}\n`)}`,
      },
    ],
    [
      'a chain of 300 includes',
      {
        'compose.yaml': `include: [f0.yaml]\n${web}`,
        ...Object.fromEntries(
          times(300, (i) => [`f${String(i)}.yaml`, i === 299 ? 'services: {a: {image: x}}\n' : `include: [f${String(i + 1)}.yaml]\n`]),
        ),
      },
    ],
  ])('of %s is read', async (_what, files) => expect((await loadFiles(files)).project.services.length).toBeGreaterThan(0));
});

describe('a text that another system wrote', () => {
  const bytes = (text: string, last: number): Uint8Array => Uint8Array.from([...new TextEncoder().encode(text), last]);

  it.each<readonly [file: string, compose: string]>([
    ['a.env', 'services: {web: {image: x, env_file: a.env}}\n'],
    ['l.env', 'services: {web: {image: x, label_file: l.env}}\n'],
    ['i.yaml', `include: [i.yaml]\n${web}`],
    ['b.yaml', 'services: {web: {extends: {file: b.yaml, service: a}}}\n'],
  ])('%s that is not UTF-8 is an error with its place', async (file, compose) => {
    const failure = await failureOf(loadFiles({ 'compose.yaml': compose, [file]: bytes('A=', 0xff) }));
    expect(failure).toContain(`${file}:1:3: the file is not valid UTF-8 here`);
  });

  it('has a byte order mark and Windows line ends in each of its files', async () => {
    const { project } = await loadFiles({
      'compose.yaml': '\uFEFFinclude:\r\n  - i.yaml\r\nservices:\r\n  web:\r\n    image: "x:$TAG"\r\n    env_file: a.env\r\n',
      'i.yaml': '\uFEFFservices:\r\n  other:\r\n    image: y\r\n',
      '.env': '\uFEFFTAG=1\r\n',
      'a.env': '\uFEFFA=1\r\nB="2"\r\n',
    });
    expect(project.services).toMatchObject([{ image: 'x:1', environment: { A: '1', B: '2' } }, { image: 'y' }]);
  });

  it('has tabs where they may be, and an error where not', async () => {
    expect((await loadText('services:\n  web:\t# tab\n    image:\tx\n')).project.services).toMatchObject([{ image: 'x' }]);
    expect(await failureOf(loadText('services:\n\tweb: {image: x}\n'))).toContain('compose.yaml:2:1: the YAML is not valid: a tab is used');
  });
});
