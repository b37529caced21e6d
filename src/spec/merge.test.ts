import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf, loadFiles } from '../../test/fakes/spec-files.ts';
import { merge } from './merge.ts';
import { Problems } from './problem.ts';
import { toPlain, type Node } from './text/node.ts';
import { parseYaml } from './text/yaml-tree.ts';

const others = '  db: {image: d}\n  cache: {image: c}\n';

async function merged(base: string, over: string): Promise<Record<string, unknown>> {
  const { document } = await loadFiles({
    'compose.yaml': `services:\n  web: {image: x, ${base}}\n${others}`,
    'compose.override.yaml': `services: {web: {${over}}}\n`,
    'a.env': 'X=a\nY=a',
    'b.env': 'X=b',
  });
  const services = document['services'] as Record<string, Record<string, unknown>>;
  const { image: _image, networks: _networks, ...rest } = services['web'] ?? {};
  return rest;
}

describe('merging two files', () => {
  it.each([
    ['command: a', 'command: [b]', { command: ['b'] }],
    ['command: a', 'command: ', { command: null }],
    ['entrypoint: a', 'entrypoint: []', { entrypoint: [] }],
    ['environment: {A: 1, B: 2}', 'environment: [B=3, "C="]', { environment: { A: '1', B: '3', C: '' } }],
    ['environment: [A=1]', 'environment: {A: 2}', { environment: { A: '2' } }],
    ['labels: [a=1]', 'labels: {a: 2, b: }', { labels: { a: '2', b: '' } }],
    ['env_file: a.env', 'env_file: [b.env]', { environment: { X: 'b', Y: 'a' } }],
    ['dns: 1.1.1.1', 'dns: [2.2.2.2, 1.1.1.1]', { dns: ['1.1.1.1', '2.2.2.2'] }],
    ['cap_add: [A]', 'cap_add: [B, A]', { cap_add: ['A', 'B'] }],
    ['tmpfs: /a', 'tmpfs: [/b]', { tmpfs: ['/a', '/b'] }],
    ['extra_hosts: ["a:1.1.1.1"]', 'extra_hosts: {b: "::1"}', { extra_hosts: ['a=1.1.1.1', 'b=::1'] }],
    ['healthcheck: {test: a, interval: 1s}', 'healthcheck: {test: ["CMD", b]}', { healthcheck: { test: ['CMD', 'b'], interval: '1s' } }],
    ['logging: {driver: a, options: {x: "1"}}', 'logging: {options: {y: "2"}}', { logging: { driver: 'a', options: { x: '1', y: '2' } } }],
    ['logging: {driver: a, options: {x: "1"}}', 'logging: {driver: b}', { logging: { driver: 'b' } }],
    ['ulimits: {nofile: 1}', 'ulimits: {nofile: {soft: 1, hard: 2}}', { ulimits: { nofile: { soft: 1, hard: 2 } } }],
    [
      'depends_on: [db]',
      'depends_on: {cache: {condition: service_healthy}}',
      { depends_on: { db: { condition: 'service_started', required: true }, cache: { condition: 'service_healthy', required: true } } },
    ],
    [
      'volumes: ["/a:/t"]',
      'volumes: ["/b:/t:ro"]',
      { volumes: [{ type: 'bind', source: '/b', target: '/t', read_only: true, bind: { create_host_path: true } }] },
    ],
    [
      'ports: ["80:1"]',
      'ports: [{target: 1, published: 80}, "81:1"]',
      {
        ports: [
          { target: 1, published: '80', mode: 'ingress', protocol: 'tcp' },
          { mode: 'ingress', target: 1, published: '81', protocol: 'tcp' },
        ],
      },
    ],
    [
      'deploy: {replicas: 1, labels: {a: b}}',
      'deploy: {replicas: 2, labels: [c=d]}',
      { deploy: { replicas: 2, labels: { a: 'b', c: 'd' } } },
    ],
    ['environment: {A: 1, B: 2}', 'environment: {A: !reset null}', { environment: { B: '2' } }],
    ['ports: ["80:1"]', 'ports: !reset []', {}],
    ['ports: ["80:1"]', 'ports: !override ["81:2"]', { ports: [{ mode: 'ingress', target: 2, published: '81', protocol: 'tcp' }] }],
    ['labels: {a: b}', 'labels: !override {c: d}', { labels: { c: 'd' } }],
    ['x-note: {a: 1}', 'x-note: {b: 2}', { 'x-note': { a: 1, b: 2 } }],
    [
      'x-berth: {release: [a, b], rollout: {surge: 1}}',
      'x-berth: {release: [c], rollout: {drain: 1s}}',
      { 'x-berth': { release: ['c'], rollout: { surge: 1, drain: '1s' } } },
    ],
  ])('%s + %s', async (base, over, result) => {
    expect(await merged(base, over)).toEqual(result);
  });

  it('keeps the place of whoever spoke last', async () => {
    const files = {
      'compose.yaml': 'services: {web: {image: x, ports: ["80:1"], environment: {A: "1"}}}\n',
      'compose.override.yaml': 'services:\n  web:\n    ports: ["70000:1"]\n    environment: {B: [1]}\n',
    };
    expect(await failureOf(loadFiles(files))).toBe(
      [
        'FILE_INVALID',
        'compose.override.yaml:3:13: `services.web.ports[1]` (`70000:1`) names `70000`, which is out of range; a port is 1 to 65535',
        '    3 |     ports: ["70000:1"]',
        '      |             ^',
        'compose.override.yaml:4:22: `services.web.environment.B` must be text, not a list',
        '    4 |     environment: {B: [1]}',
        '      |                      ^',
      ].join('\n'),
    );
  });

  it('says when two values are of different kinds', async () => {
    const files = {
      'compose.yaml': 'services: {web: {image: x, deploy: {replicas: 1}}}\n',
      'compose.override.yaml': 'services: {web: {deploy: [1]}}\n',
    };
    expect(await failureOf(loadFiles(files))).toContain(
      'compose.override.yaml:1:26: `services.web.deploy` is a list here, but a mapping in the file below it; the two cannot be merged',
    );
  });

  it('reads several documents of one file as layers, and merge keys inside one', async () => {
    const { project } = await loadFiles({
      'compose.yaml':
        'x-a: &a {image: x, environment: {A: 1}}\nservices: {web: {<<: *a, tty: true}, api: {<<: [*a, {image: z, init: true}], environment: {B: 2}}}\n---\nservices: {web: {image: y}}\n',
    });
    expect(project.services).toMatchObject([
      { image: 'y', environment: { A: '1' }, container: { tty: true } },
      { image: 'x', environment: { B: '2' }, container: { init: true } },
    ]);
  });
});

describe('merge', () => {
  const json = fc.object({
    key: fc.constantFrom('services', 'web', 'ports', 'labels', 'build', 'command', 'networks', 'x'),
    maxDepth: 4,
    values: [fc.integer(), fc.string(), fc.constant(null)],
  });
  const tree = (value: unknown): Node | undefined => parseYaml({ file: 'x', text: JSON.stringify(value) }, new Problems())?.[0];

  it('of any two documents ends, and of a document with itself changes nothing', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const [left, right] = [tree(a), tree(b)];
        if (left === undefined || right === undefined) return;
        expect(merge(left, right, new Problems())).toBeDefined();
        const problems = new Problems();
        const once = merge(left, left, problems);
        expect(toPlain(merge(once, left, problems))).toEqual(toPlain(once));
        expect(problems.errors).toEqual([]);
      }),
    );
  });
});
