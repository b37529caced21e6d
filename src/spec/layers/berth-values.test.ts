import { describe, expect, it } from 'vitest';
import { failureOf, loadFiles, loadText } from '../../../test/fakes/spec-files.ts';

const problemsOf = async (text: string): Promise<string[]> =>
  (await failureOf(loadText(text))).split('\n').filter((line) => line.startsWith('compose.yaml:'));

describe('references to other settings', () => {
  it('take a value with its kind, and text between other text', async () => {
    const { project, document } = await loadText(`
services:
  web:
    image: w
    environment: { LOG: info }
    x-berth:
      port: \${config:services.db.x-berth.port}
      environment: { DATABASE_URL: "pg://\${config:services.db.environment.HOST}:\${config:services.db.x-berth.port}/$\${x}", LOG: debug, N: 1 }
  db:
    image: d
    environment: [HOST=db]
    x-berth: { port: 5432 }
`);
    expect(project.services[0]).toMatchObject({
      port: 5432,
      environment: { DATABASE_URL: 'pg://db:5432/${x}', LOG: 'debug', N: '1' },
    });
    expect(document).toMatchObject({ services: { web: { 'x-berth': { port: 5432 } } } });
  });

  it('go on through other references, and into toggles and lists', async () => {
    const { project } = await loadText(`
x-berth: { toggles: { a: true, b: "\${config:x-berth.toggles.a}" } }
services:
  web:
    image: w
    ports: ["8080:80"]
    x-berth: { environment: { A: "\${config:services.web.x-berth.environment.B}!", B: "\${config:services.web.ports.0.published}" } }
`);
    expect(project.services[0]?.environment).toEqual({ BERTH_TOGGLE_A: '1', BERTH_TOGGLE_B: '1', A: '8080!', B: '8080' });
  });

  it.each([
    [
      '{environment: {A: "${config:services.web.x-berth.environment.B}", B: "${config:services.web.x-berth.environment.A}"}}',
      'compose.yaml:1:108: the settings refer to each other in a circle: services.web.x-berth.environment.A → services.web.x-berth.environment.B → services.web.x-berth.environment.A',
    ],
    [
      '{port: "${config:services.wob.x-berth.port}"}',
      'compose.yaml:1:46: `${config:services.wob.x-berth.port}` refers to nothing: `services` has no `wob`',
    ],
    [
      '{port: "${config:services.web}"}',
      'compose.yaml:1:46: `${config:services.web}` refers to what is a mapping; it must be a single value',
    ],
    ['{port: "${secret:s}"}', 'compose.yaml:1:46: `${secret:s}` cannot be used here'],
    ['{environment: {A: "${secret:a b}"}}', 'compose.yaml:1:57: `${secret:a b}` does not name a secret'],
  ])('%s', async (berth, problem) => {
    expect((await problemsOf(`services: {web: {image: w, x-berth: ${' '.repeat(2)}${berth}}}\n`))[0]).toBe(problem);
  });

  it('are plain text outside `x-berth`, where Compose knows none', async () => {
    expect(await problemsOf('services: {web: {image: w, environment: {A: "${config:services.web.image}"}}}\n')).toHaveLength(1);
  });
});

describe('a variable that is not set', () => {
  it('erases nothing inside `x-berth`, and is told once', async () => {
    const files = {
      'compose.yaml': 'services: {web: {image: w, x-berth: {port: 80, environment: {A: low, C: low}}}}\n',
      'compose.prod.yaml':
        'services: {web: {x-berth: {port: "$PORT", protocol: "$KIND", environment: {A: "${GONE}", B: "x$GONE", C: "${GONE:-default}"}}}}\n',
    };
    const { project, warnings } = await loadFiles(files, { environment: 'prod' });
    expect(project.services[0]).toMatchObject({ port: 80, environment: { A: 'low', C: 'default' } });
    expect(project.services[0]?.environment).not.toHaveProperty('B');
    expect(warnings.map((warning) => `${String(warning.column)} ${warning.message}`)).toEqual([
      '34 the variable `PORT` is not set; what a lower layer says here stays, and without one this is left out',
      '53 the variable `KIND` is not set; what a lower layer says here stays, and without one this is left out',
      '79 the variable `GONE` is not set; what a lower layer says here stays, and without one this is left out',
    ]);
    const set = await loadFiles(files, { environment: 'prod', variables: { PORT: '81', GONE: '' } });
    expect(set.project.services[0]).toMatchObject({ port: 81, environment: { A: '', B: 'x' } });
  });

  it('becomes empty in the keys of Compose, as there', async () => {
    const { project } = await loadFiles({
      'compose.yaml': 'services: {web: {image: w, environment: {A: low}}}\n',
      'compose.override.yaml': 'services: {web: {environment: {A: "$GONE"}}}\n',
    });
    expect(project.services[0]?.environment).toEqual({ A: '' });
  });
});

describe('toggles', () => {
  it('reach every service, below what it says itself, and an environment changes them', async () => {
    const files = {
      'compose.yaml':
        'x-berth: {toggles: {mask_logs: "off", new-menu: on, third: 1}}\nservices: {web: {image: w, environment: {BERTH_TOGGLE_THIRD: "own"}}, api: {image: a}}\n',
      'compose.prod.yaml': 'x-berth: {toggles: {mask_logs: "on"}}\n',
    };
    const { project } = await loadFiles(files, { environment: 'prod' });
    expect(project.services.map((service) => service.environment)).toEqual([
      { BERTH_TOGGLE_MASK_LOGS: '1', BERTH_TOGGLE_NEW_MENU: '1', BERTH_TOGGLE_THIRD: 'own' },
      { BERTH_TOGGLE_MASK_LOGS: '1', BERTH_TOGGLE_NEW_MENU: '1', BERTH_TOGGLE_THIRD: '1' },
    ]);
  });

  it.each([
    ['{a: maybe}', '`x-berth.toggles.a` must be `true` or `false` or a whole number, not the text `maybe`'],
    ['{a-b: on, a_b: on}', 'two toggles would be the variable `BERTH_TOGGLE_A_B`'],
    ['{"1a": on}', 'the name `1a` is not valid: it may hold letters, digits, `_` and `-`, and starts with a letter'],
  ])('%s is an error', async (toggles, message) => {
    expect((await problemsOf(`x-berth: {toggles: ${toggles}}\nservices: {web: {image: w}}\n`)).join('\n')).toContain(message);
  });
});

describe('the environment', () => {
  const environments = 'x-berth: {environments: {from: [PLATFORM_ENV, BK_ENV], map: {development: dev, production: prod}}}\n';
  const files = {
    'compose.yaml': `${environments}services: {web: {image: "base:$TAG"}}\n`,
    'compose.prod.yaml': 'services: {web: {image: "prod:$TAG"}}\n',
    'compose.dev.yaml': 'services: {web: {image: "dev:$TAG"}}\n',
    'compose.override.yaml': 'services: {web: {image: "override:$TAG"}}\n',
    '.env': 'TAG=1\n',
    '.env.prod': 'TAG=2\n',
  };
  const load = async (variables: Record<string, string>, environment?: string) => {
    const { project } = await loadFiles(files, { variables, environment });
    return `${project.environment ?? '-'} ${project.services[0]?.image ?? ''}`;
  };

  it.each<[Record<string, string>, string | undefined, string]>([
    [{}, undefined, '- override:1'],
    [{ BK_ENV: 'production' }, undefined, 'prod prod:2'],
    [{ BK_ENV: 'dev' }, undefined, 'dev dev:1'],
    [{ PLATFORM_ENV: '', BK_ENV: 'production' }, undefined, 'prod prod:2'],
    [{ PLATFORM_ENV: 'prod', BK_ENV: 'development' }, undefined, 'prod prod:2'],
    [{ BERTH_ENV: 'dev', BK_ENV: 'production' }, undefined, 'dev dev:1'],
    [{ BERTH_ENV: 'dev', TAG: 'mine' }, 'prod', 'prod prod:mine'],
  ])('is chosen by %j and %s: %s', async (variables, environment, expected) => {
    expect(await load(variables, environment)).toBe(expected);
  });

  it('that has no file of its own is an error that says who chose it and what there is', async () => {
    expect(await failureOf(loadFiles(files, { variables: { BK_ENV: 'stag' } }))).toBe(
      'FILE_NOT_FOUND\ncompose.stag.yaml: the environment `stag` (`BK_ENV`) has no file of its own: neither this one nor .env.stag is in /work/shop\n      = Known here: dev, prod.',
    );
  });

  it('has a default where the file says so', async () => {
    const text = files['compose.yaml'].replace('map:', 'default: dev, map:');
    const { project } = await loadFiles({ ...files, 'compose.yaml': text });
    expect(project.environment).toBe('dev');
  });
});
