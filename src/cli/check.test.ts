import { describe, expect, it } from 'vitest';
import { berth } from './fake-world.ts';

const healthy = 'mem_limit: 1g, healthcheck: {test: "true"}';
const check = (text: string, ...flags: string[]) => berth(['check', ...flags], { files: { '/app/compose.yaml': text } });

describe('berth check', () => {
  it('says what it finds file by file, and each reason once', async () => {
    const { code, out, err } = await check(
      `services:\n  a: {image: x, ${healthy}}\n  b: {image: y, ${healthy}, environment: {H: __H__}}\n`,
    );
    expect(code).toBe(2);
    expect(err).toBe('');
    expect(out).toBe(`compose.yaml

  2:14  warning  the image of \`a\` (\`x\`) has no tag  image-tag
     2 |   a: {image: x, mem_limit: 1g, healthcheck: {test: "true"}}
       |              ^
    why: The next machine, or the next pull, gets another program under the same name; nobody decided it, and the file cannot say what runs.
    fix: Name a version, such as \`postgres:17\`; best with its digest (\`@sha256:…\`).

  3:14  warning  the image of \`b\` (\`y\`) has no tag  image-tag
     3 |   b: {image: y, mem_limit: 1g, healthcheck: {test: "true"}, environment: {H: __H__}}
       |              ^

  3:78  error  \`services.b.environment.H\` still has the placeholder \`__H__\`  placeholder
     3 |   b: {image: y, mem_limit: 1g, healthcheck: {test: "true"}, environment: {H: __H__}}
       |                                                                              ^
    why: The application gets the placeholder itself, and fails with it or, worse, runs with a password that everybody knows.
    fix: Write the value, or a variable: \`\${NAME:?say what it is}\`.

1 error, 2 warnings
`);
  });

  it.each([
    ['nothing', `{image: "x:1", ${healthy}}`, [], 0],
    ['a note', '{image: "x:1"}', ['--strict'], 0],
    ['a warning', `{image: x, ${healthy}}`, [], 0],
    ['a warning with --strict', `{image: x, ${healthy}}`, ['--strict'], 2],
    ['an error', '{image: "x:1", hostname: __H__}', [], 2],
    ['a file that cannot be loaded', '{imag: x}', [], 2],
  ])('ends for %s with its exit code', async (_what, service, flags, expected) => {
    expect((await check(`services: {a: ${service}}\n`, ...flags)).code).toBe(expected);
  });

  it('prints one object with --json, also of a file that cannot be loaded', async () => {
    expect(JSON.parse((await check('services: {a: {image: x}}\n', '--json')).out)).toMatchObject({
      app: 'app',
      counts: { error: 0, warning: 1, note: 2 },
      findings: [{ rule: 'no-health-check', line: 1, column: 12 }, { rule: 'no-memory-limit' }, { rule: 'image-tag' }],
    });
    expect(JSON.parse((await check('services: {a: {imag: x}}\n', '--json')).out)).toMatchObject({
      counts: { error: 2 },
      findings: [
        { rule: 'invalid', severity: 'error' },
        { rule: 'invalid', message: 'unknown key `imag` in `services.a`' },
      ],
    });
  });

  it('looks into the source of what is built', async () => {
    const files = {
      '/app/compose.yaml': `services: {a: {build: ., ${healthy}}}\n`,
      '/app/Dockerfile': 'FROM x\n',
      '/app/src/a.js': '\nconnect(process.env.URL)\n',
    };
    const { out } = await berth(['check'], { files });
    expect(out).toContain('the source of `a` reads `URL` (src/a.js:2), which nothing sets');
  });

  it('needs no file where the stack is known, and says so where it is not', async () => {
    const files = { '/app/package.json': '{"scripts":{"start":"node a.js"}}', '/app/a.js': 'use(process.env.URL)' };
    expect((await berth(['check'], { files })).out).toContain('reads `URL` (a.js:1)');
    expect((await berth(['check'])).err).toContain('error: ');
  });
});
