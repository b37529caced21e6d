import { files, services, type Case } from './case.ts';

const inc = { 'inc.yaml': 'services: {db: {image: d}}\n' };

/** Keys that Compose 2.26 rejects; the command of compose-go 2.16 is asked about them. */
export const newerCases: readonly Case[] = [
  ...services(
    'newer',
    [
      'use_api_socket: true',
      'gpus: all',
      'gpus: [{driver: nvidia, count: 2}]',
      'post_start: [{command: [./start.sh], user: root, privileged: true, working_dir: /x, environment: {A: "1"}}]',
      'pre_stop: [{command: [a, b]}]',
      'annotations: {a: b}',
      'pull_policy: daily',
      'pull_policy: every_12h',
      'networks: {default: {interface_name: eth0, gw_priority: 1, driver_opts: {a: b}}}',
      'volumes: [{type: image, source: alpine, target: /i, image: {subpath: x}}]',
      'volumes: [{type: bind, source: /a, target: /b, bind: {recursive: disabled}}]',
      'depends_on: []',
      'devices: [{source: /dev/a, target: /dev/b, permissions: rw}]',
      'models: [llm]\ndomainname: x',
      'models: {llm: {endpoint_var: E, model_var: M}}',
      'build: {context: ., entitlements: [network.host], provenance: true, sbom: "true"}',
      'develop: {watch: [{action: sync+exec, path: ./w, target: /t, exec: {command: reload}, include: ["*.js"], initial_sync: true}]}',
    ],
    {
      newer: true,
      files: {
        'l.env': 'A="1"\n',
        Dockerfile: 'FROM scratch\n',
        'compose.override.yaml': 'models: {llm: {model: ai/llm, context_size: 1024, runtime_flags: [--x]}}\n',
      },
    },
  ),
  ...files('newer', ['include: [inc.yaml]\nservices: {web: {extends: db, image: w}}'], { newer: true, files: inc }),
  ...files('newer', ['services: {web: {image: a, depends_on: [m]}, m: {provider: {type: model, options: {model: ai/x, list: [a, 1]}}}}'], {
    newer: true,
  }),
];
