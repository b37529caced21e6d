import { describe, expect, it } from 'vitest';
import { home, readerOf } from '../../../test/fakes/spec-files.ts';
import { checkProject } from './check.ts';
import { fixtures as plainFixtures, type Fixture } from './fixtures.ts';
import { allRules, type Finding } from './lint.ts';
import { checksPage } from './page.ts';
import { sourceFixtures } from './source-fixtures.ts';

const fixtures = { ...plainFixtures, ...sourceFixtures };

async function check(fixture: Fixture): Promise<readonly Finding[]> {
  const input = { directory: home, files: [], profiles: [], envFiles: [], variables: fixture.variables ?? {}, strict: false };
  const checked = await checkProject({ ...input, reader: readerOf(fixture.files) }, () => Promise.resolve(fixture.source));
  return checked.findings;
}

const lineOf = ({ file, line, column, message }: Finding): string => `${[file, line, column].join(':')} ${message}`;

async function found(rule: string, fixture: Fixture): Promise<string[]> {
  return (await check(fixture)).filter((finding) => finding.rule === rule).map(lineOf);
}

const text = (compose: string): Fixture => ({ files: { 'compose.yaml': compose } });

describe('the rules', () => {
  it('have each a failing and a passing fixture, and a part of the page', () => {
    expect(allRules.map(({ id }) => id).toSorted()).toEqual(Object.keys(fixtures).toSorted());
    for (const { fails, passes } of Object.values(fixtures)) expect(Math.min(fails.length, passes.length)).toBeGreaterThan(0);
    for (const { id } of allRules) expect(checksPage()).toContain(`### \`${id}\`\n`);
  });

  for (const [rule, { fails, passes }] of Object.entries(fixtures)) {
    it.each(fails.map(([fixture, expected], index) => [index + 1, fixture, expected] as const))(
      `${rule} finds what it must (%i)`,
      async (_index, fixture, expected) => expect(await found(rule, fixture)).toEqual(expected),
    );
    it.each(passes.map((fixture, index) => [index + 1, fixture] as const))(`${rule} is silent otherwise (%i)`, async (_index, fixture) =>
      expect(await found(rule, fixture)).toEqual([]),
    );
  }
});

describe('a comment `# berth: ignore RULE why`', () => {
  const image = async (compose: string): Promise<string[]> => found('image-tag', text(compose));

  it.each([
    ['on the line', 'services:\n  a:\n    image: x # berth: ignore image-tag there is one only\n'],
    ['on the line above', 'services:\n  a:\n    # berth: ignore image-tag there is one only\n    image: x\n'],
    [
      'above other comments',
      'services:\n  a:\n    # berth: ignore image-tag there is one only\n    # berth: ignore no-memory-limit it is small\n\n    image: x\n',
    ],
    ['in a file with Windows line ends', 'services:\r\n  a:\r\n    image: x # berth: ignore image-tag one only\r\n'],
  ])('%s leaves the finding out', async (_where, compose) => expect(await image(compose)).toEqual([]));

  it.each([
    ['on another line', 'services:\n  # berth: ignore image-tag there is one only\n  a:\n    image: x\n'],
    ['of another rule', 'services:\n  a:\n    image: x # berth: ignore placeholder there is one only\n'],
    ['without a reason', 'services:\n  a:\n    image: x # berth: ignore image-tag\n'],
    ['that is part of a text', 'services:\n  a: {image: x, hostname: "# berth: ignore image-tag why"}\n'],
    ['inside a block of text', 'services:\n  a:\n    hostname: |-\n      # berth: ignore image-tag why\n    image: x\n'],
  ])('%s does not', async (_where, compose) => expect(await image(compose)).toHaveLength(1));

  it('counts in an env file too, and for what the load warns of', async () => {
    const files = {
      'compose.yaml':
        'services:\n  a: {image: "x:1", env_file: a.env}\n  # berth: ignore unset-variable it comes later\n  b: {image: "x:1", hostname: "x$B"}\n',
      'a.env': '# berth: ignore placeholder the vendor wants it so\nA=__A__\n',
    };
    const rules = (await check({ files })).map(({ rule }) => rule);
    expect(rules).not.toContain('placeholder');
    expect(rules).not.toContain('unset-variable');
  });
});

describe('a check', () => {
  it('says all there is to a finding, but never shows a secret', async () => {
    const [first, second] = (
      await check(text('services:\n  a: {image: x, environment: {API_TOKEN: s3cr3t-value}, mem_limit: 1g, healthcheck: {test: "true"}}\n'))
    ).toSorted((a, b) => (a.rule < b.rule ? -1 : 1));
    expect(first).toMatchObject({ rule: 'image-tag', severity: 'warning', file: 'compose.yaml', line: 2, column: 14 });
    expect(second).toMatchObject({ rule: 'literal-secret', why: expect.any(String), fix: expect.stringContaining('berth secret set') });
    expect(JSON.stringify([first, second])).not.toContain('s3cr3t');
    expect(first?.sourceLine).toBe('  a: {image: x, environment: {API_TOKEN: ••••••••••••}, mem_limit: 1g, healthcheck: {test: "true"}}');
  });

  it('finds in included and extended files what is there, with their places', async () => {
    const files = {
      'compose.yaml': 'include: [sub/c.yaml]\nservices:\n  a: {extends: {file: base.yaml, service: b}}\n',
      'sub/c.yaml': 'services:\n  i: {image: i}\n',
      'base.yaml': 'services:\n  b: {image: b}\n',
    };
    expect(await found('image-tag', { files })).toEqual([
      'base.yaml:2:14 the image of `a` (`b`) has no tag',
      'sub/c.yaml:2:14 the image of `i` (`i`) has no tag',
    ]);
  });
});
