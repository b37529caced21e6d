import { files, type Case } from './case.ts';

const build = (text: string): string => `services:\n  web:\n    build: ${text}\n`;

/** `build` in its short and long forms. */
export const buildCases: readonly Case[] = [
  ...files(
    'build',
    [
      build('.'),
      build('./app'),
      build('{context: app}'),
      build('{context: ., dockerfile: Other}'),
      build('{context: app, dockerfile: ../Other}'),
      build('{context: ., args: [A=1, B]}'),
      build('{context: ., args: {A: 1, B: , C: true}}'),
      build('{context: ., target: prod, network: host, no_cache: true, pull: true, privileged: true, isolation: default}'),
      build('{context: ., labels: {a: b}}'),
      build('{context: ., labels: [a=b, c]}'),
      build('{context: ., tags: ["a:1", "b/c:2"]}'),
      build('{context: ., shm_size: 2gb}'),
      build('{context: ., extra_hosts: ["a=1.1.1.1"]}'),
      build('{context: ., extra_hosts: {a: 1.1.1.1}}'),
      build('{context: ., cache_from: ["alpine:latest", "type=local,src=path"], cache_to: ["type=local,dest=path"]}'),
      build('{context: ., platforms: [linux/amd64, linux/arm64]}'),
      build('{context: ., additional_contexts: {a: ./x, b: "docker-image://alpine", c: "https://example.com/x.git"}}'),
      build('{context: ., additional_contexts: [a=./x]}'),
      build('{context: ., ssh: [default]}'),
      build('{context: ., ssh: {default: }}'),
      build(
        '{context: ., secrets: [s, {source: t, target: tt, uid: "1", gid: "2", mode: 0400}]}\nsecrets: {s: {file: ./s}, t: {environment: T}}',
      ),
      build('{context: ., ulimits: {nofile: 1, nproc: {soft: 1, hard: 2}}}'),
      'services:\n  web:\n    build:\n      context: .\n      dockerfile_inline: |\n        FROM scratch\n        COPY a b\n',
      'services: {web: {build: ., image: "mine:1"}}',
      'services: {web: {build: {context: ., platforms: [linux/amd64]}, platform: linux/amd64}}',
    ],
    {
      files: { Dockerfile: 'FROM scratch\n', Other: 'FROM scratch\n', 'app/Dockerfile': 'FROM scratch\n', s: 'x' },
      variables: { B: 'from outside', T: 'token' },
    },
  ),
];
