import { describe, expect, it } from 'vitest';
import { failureOf, home, loadFiles } from '../../../test/fakes/spec-files.ts';

const web = 'services: {web: {image: nginx}}\n';

async function problemsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const failure = await failureOf(loadFiles(files));
  return failure.split('\n').filter((line) => /^[^ ].*:\d+:\d+: /.test(line));
}

describe('include', () => {
  it('brings services with paths from their own directory, and variables of its own below those above', async () => {
    const { project, sourceFiles } = await loadFiles(
      {
        'compose.yaml': 'include: [db/compose.yaml]\nservices: {web: {image: "w:${TAG}", depends_on: [db]}}\n',
        '.env': 'TAG=above\n',
        'db/compose.yaml': 'services: {db: {image: "d:${TAG}-${OWN}", volumes: ["./data:/data"], env_file: db.env}}\n',
        'db/.env': 'TAG=below\nOWN=own\n',
        'db/db.env': 'A=1\n',
      },
      {},
    );
    expect(project.services.map((service) => [service.name, service.image])).toEqual([
      ['web', 'w:above'],
      ['db', 'd:above-own'],
    ]);
    expect(project.services[1]).toMatchObject({ mounts: [{ source: `${home}/db/data` }], environment: { A: '1' } });
    expect(sourceFiles).toEqual(['compose.yaml', 'db/compose.yaml', 'db/.env', '.env'].map((file) => `${home}/${file}`));
  });

  it('takes several files, another directory and env files in order', async () => {
    const { project } = await loadFiles({
      'compose.yaml': `include: [{path: [db/a.yaml, db/b.yaml], project_directory: other, env_file: [one.env, two.env]}]\n${web}`,
      'db/a.yaml': 'services: {db: {image: "$TAG", volumes: ["./d:/d"], command: [a]}}\n',
      'db/b.yaml': 'services: {db: {command: [b]}}\n',
      'one.env': 'TAG=one\n',
      'two.env': 'TAG=two\n',
    });
    expect(project.services[1]).toMatchObject({ image: 'two', command: ['b'], mounts: [{ source: `${home}/other/d` }] });
  });

  it('goes on inside included files, and brings the same thing by two ways once', async () => {
    const { project } = await loadFiles({
      'compose.yaml': `include: [a/c.yaml, b/c.yaml]\n${web}`,
      'a/c.yaml': 'include: [../common/c.yaml]\nservices: {a: {image: a, networks: [shared]}}\n',
      'b/c.yaml': 'include: [../common/c.yaml]\nservices: {b: {image: b, networks: [shared]}}\n',
      'common/c.yaml': 'networks: {shared: {labels: [x=1]}}\n',
    });
    expect(project.services.map((service) => service.name)).toEqual(['web', 'a', 'b']);
    expect(project.networks.map((network) => network.key)).toContain('shared');
  });

  it('is changed by a file above it, also one that takes away', async () => {
    const { project } = await loadFiles({
      'compose.yaml': `include: [db.yaml]\n${web}`,
      'db.yaml': 'services: {db: {image: d, ports: ["5432:5432"], labels: {a: "1"}}}\n',
      'compose.override.yaml': 'services: {db: {image: e, ports: !reset [], labels: [b=2]}}\n',
    });
    expect(project.services[1]).toMatchObject({ image: 'e', ports: [], container: { labels: { a: '1', b: '2' } } });
  });

  it.each<[string, Record<string, string>, string[]]>([
    [
      'names the circle of files that include each other',
      { 'compose.yaml': `include: [a.yaml]\n${web}`, 'a.yaml': 'include: [b.yaml]\n', 'b.yaml': 'include: [compose.yaml]\n' },
      ['b.yaml:1:11: the files include each other in a circle: compose.yaml → a.yaml → b.yaml → compose.yaml'],
    ],
    [
      'refuses two different things of one name',
      { 'compose.yaml': 'include: [a.yaml]\nservices:\n  web: {image: mine}\n', 'a.yaml': web },
      ['compose.yaml:3:3: `services.web` is also in a.yaml, which this file includes, and the two differ'],
    ],
    [
      'wants a file that is there',
      { 'compose.yaml': `include: [{path: a.yaml}]\n${web}` },
      ['compose.yaml:1:18: the file a.yaml (`include`) does not exist'],
    ],
    [
      'wants env files that are there',
      { 'compose.yaml': `include: [{path: a.yaml, env_file: no.env}]\n${web}`, 'a.yaml': 'networks: {}\n' },
      ['compose.yaml:1:36: the file no.env (`env_file`) does not exist'],
    ],
    ['is a list', { 'compose.yaml': `include: a.yaml\n${web}` }, ['compose.yaml:1:10: `include` must be a list, not the text `a.yaml`']],
    [
      'says in the included file what is wrong with it',
      { 'compose.yaml': `include: [a.yaml]\n${web}`, 'a.yaml': 'services:\n  db: {imge: x, image: y}\n' },
      ['a.yaml:2:8: unknown key `imge` in `services.db`'],
    ],
    ['knows its keys', { 'compose.yaml': `include: [{pat: a.yaml}]\n${web}` }, ['compose.yaml:1:12: unknown key `pat` in `include[0]`']],
    [
      'is of this machine',
      { 'compose.yaml': `include: ["https://example.com/a.git"]\n${web}` },
      ['compose.yaml:1:11: `https://example.com/a.git` is not a file of this machine; that is not built yet'],
    ],
  ])('%s', async (_title, files, problems) => {
    expect(await problemsOf(files)).toEqual(problems);
  });

  it('says that `x-berth` at the top of an included file has no effect', async () => {
    const { warnings } = await loadFiles({ 'compose.yaml': `include: [a.yaml]\n${web}`, 'a.yaml': 'x-berth: {rollout: {surge: 2}}\n' });
    expect(warnings.map((warning) => warning.message)).toEqual(['`x-berth` at the top of an included file has no effect']);
  });
});

describe('extends', () => {
  it('takes the keys of a chain of services, with the paths of their own files', async () => {
    const { project } = await loadFiles({
      'compose.yaml': 'services: {web: {extends: {service: base, file: common/base.yaml}, command: [own], volumes: ["./w:/w"]}}\n',
      'common/base.yaml':
        'services:\n  base: {extends: {service: root, file: ../root.yaml}, image: base, env_file: e.env, build: {context: .}, volumes: ["./b:/b"]}\n',
      'common/e.env': 'A=$B\nB=2\n',
      'common/Dockerfile': 'FROM scratch\n',
      'root.yaml': 'services: {root: {image: root, command: [root], labels: {l: r}, volumes: ["./r:/r", "./x:/b"]}}\n',
    });
    expect(project.services[0]).toMatchObject({
      image: 'base',
      command: ['own'],
      build: { context: `${home}/common` },
      container: { labels: { l: 'r' } },
      mounts: [
        { source: `${home}/r`, target: '/r' },
        { source: `${home}/common/b`, target: '/b' },
        { source: `${home}/w`, target: '/w' },
      ],
    });
  });

  it('lets `!reset` and `!override` act on what is extended and on the file below', async () => {
    const { project } = await loadFiles({
      'compose.yaml':
        'services: {web: {image: x, ports: ["1:1"], dns: [1.1.1.1]}, base: {image: y, ports: ["2:2"], dns: [2.2.2.2], command: [b]}}\n',
      'compose.override.yaml':
        'services: {base: {image: y, ports: ["2:2"]}, web: {extends: base, ports: !reset [], dns: !override [3.3.3.3]}}\n',
    });
    expect(project.services[0]).toMatchObject({ ports: [], container: { dns: ['3.3.3.3'] } });
  });

  it('extends what was included', async () => {
    const { project } = await loadFiles({
      'compose.yaml': 'include: [sub/a.yaml]\nservices: {web: {extends: base, command: [w]}}\n',
      'sub/a.yaml': 'services: {base: {image: b, volumes: ["./d:/d"]}}\n',
    });
    expect(project.services.find((service) => service.name === 'web')).toMatchObject({
      image: 'b',
      command: ['w'],
      mounts: [{ source: `${home}/sub/d` }],
    });
  });

  it.each<[string, Record<string, string>, string[]]>([
    [
      'names the circle',
      { 'compose.yaml': 'services:\n  a: {extends: b}\n  b: {extends: {service: c}}\n  c: {extends: a}\n' },
      ['compose.yaml:4:16: the services extend each other in a circle: a → b → c → a'],
    ],
    [
      'names the files of a circle',
      {
        'compose.yaml': 'services: {a: {extends: {service: b, file: b.yaml}}}\n',
        'b.yaml': 'services: {b: {extends: {service: a, file: compose.yaml}}}\n',
      },
      ['b.yaml:1:35: the services extend each other in a circle: a (compose.yaml) → b (b.yaml) → a (compose.yaml)'],
    ],
    [
      'suggests the service that is meant',
      { 'compose.yaml': 'services:\n  web: {extends: bse}\n  base: {image: x}\n' },
      ['compose.yaml:2:18: there is no service `bse` in compose.yaml to extend'],
    ],
    [
      'wants a file that is there',
      { 'compose.yaml': 'services:\n  web: {image: x, extends: {service: a, file: no.yaml}}\n' },
      ['compose.yaml:2:47: the file no.yaml (`extends`) does not exist'],
    ],
    [
      'wants a service',
      { 'compose.yaml': 'services:\n  web: {image: x, extends: {file: no.yaml}}\n' },
      ['compose.yaml:2:28: `services.web.extends` lacks the key `service`'],
    ],
    [
      'does not bring what a service needs',
      {
        'compose.yaml': 'services: {web: {extends: {service: a, file: a.yaml}}}\n',
        'a.yaml': 'services: {a: {image: x, depends_on: [db]}, db: {image: d}}\n',
      },
      ['a.yaml:1:39: `web` depends on `db`, but there is no such service'],
    ],
  ])('%s', async (_title, files, problems) => {
    expect((await problemsOf(files)).toSorted()).toEqual(problems.toSorted());
  });
});
