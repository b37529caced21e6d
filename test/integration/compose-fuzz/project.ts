import fc from 'fast-check';
import type { Case } from '../compose-cases/case.ts';
import { service } from './service.ts';
import { variables } from './values.ts';
import { mapping, oneOf, partly, type Yaml } from './yaml.ts';

const names = ['one', 'two', 'three', 'four', 'five', 'six'];

const resources: fc.Arbitrary<string> = fc
  .tuple(
    oneOf(
      '',
      '{}',
      '{driver: bridge, internal: true}',
      '{name: own, labels: [a=b]}',
      '{external: true}',
      '{ipam: {driver: default, config: [{subnet: 10.1.0.0/16, gateway: 10.1.0.1}]}}',
      '{driver_opts: {a: 1, b: "x"}, enable_ipv6: true, attachable: true}',
    ),
    oneOf(
      '',
      '{}',
      '{driver: local, driver_opts: {type: none, o: bind}}',
      '{name: "own-${A}"}',
      '{external: true, name: e}',
      '{labels: {a: 1, b: }}',
    ),
    oneOf('{file: ./s1.txt}', '{environment: A}'),
    oneOf('{file: ./c1.txt}', '{content: "x ${A} $$y"}', '{environment: N}'),
  )
  .map(
    ([network, volume, secret, config]) =>
      `networks: {back: ${network}, front: }\nvolumes: {data: ${volume}, cache: }\nsecrets: {s1: ${secret}, s2: {file: s1.txt}}\nconfigs: {c1: ${config}, c2: {file: c1.txt}}\n`,
  );

function services(kind: 'base' | 'override', count: number): fc.Arbitrary<Yaml> {
  const each = names
    .slice(0, count)
    .map((name, index) => service(index, names.slice(0, index), kind).map((text) => `  ${name}: ${text}\n`));
  return fc.tuple(...each).map((texts) => `services:\n${texts.join('')}`);
}

const override = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 3, arbitrary: services('override', 4) },
  {
    weight: 1,
    arbitrary: partly({
      ports: fc.constant('!reset []'),
      environment: oneOf('!override {X: 1}', '!reset {}'),
      command: oneOf('!reset null', '!override [x]'),
      labels: oneOf('!override [a=b]'),
      volumes: oneOf('!reset []'),
    }).map((text) => `services: ${mapping({ one: text })}\n`),
  },
);

/** A project that Compose may accept or reject, but that has nothing of what is known to differ. */
export const project: fc.Arbitrary<Case> = fc.tuple(services('base', names.length), resources, override).map(([base, more, over]) => ({
  name: 'generated',
  variables,
  files: {
    'compose.yaml': `${base}${more}`,
    ...(over === undefined ? {} : { 'compose.override.yaml': over }),
    'a.env': 'E=1\nF="two words" # c\nG=${A}-$E\nH=\'$raw\'\n',
    'b.env': 'E=2\nexport I=x#y\nA=own\nEMPTY=\n',
    's1.txt': 'secret',
    'c1.txt': 'config',
  },
}));
