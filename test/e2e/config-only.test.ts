import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Plan } from '../../src/model/index.ts';
import { appImage } from './harness/image.ts';
import { Site } from './harness/index.ts';

let site: Site;

/** Two services: `web` is built from source, `api` is an image. */
function application({
  web = '',
  api = '',
  toggle = 'off',
  replicas = 1,
}: {
  web?: string;
  api?: string;
  toggle?: string;
  replicas?: number;
}): string {
  const quick = 'port: 3000, protocol: http, probe: { http: /, interval: 200ms, within: 20s }, rollout: { drain: 2s, watch: 1s }';
  return `x-berth: { toggles: { mask_logs: "${toggle}" } }
services:
  web:
    build: ./web
    ports: ["$PORT:3000"]
    environment: { VERSION: "1" }
    deploy: { replicas: ${replicas} }
    x-berth: { ${quick}, environment: { API: "http://api:\${config:services.api.x-berth.port}"${web} } }
  api:
    image: $IMAGE
    environment: { VERSION: api }
    deploy: { resources: { limits: { memory: 128M${api} } } }
    x-berth: { ${quick} }
`;
}

beforeAll(async () => {
  site = await Site.open();
  site.write('web/Dockerfile', `FROM ${appImage}\nENV BUILT=1\n`);
  site.compose(application({}));
  await site.ok('up');
});

afterAll(() => site[Symbol.asyncDispose]());

/** Deploys a change of configuration; answers which services got new instances. Nothing may be built for it. */
async function rolled(text: string): Promise<string[]> {
  const before = { web: await site.instances('web'), api: await site.instances('api') };
  site.compose(text);
  const { steps } = await site.json<Plan>('plan');
  expect(steps.filter(({ action }) => action.kind === 'image.build')).toEqual([]);
  await site.ok('up');
  const after = { web: await site.instances('web'), api: await site.instances('api') };
  return (['web', 'api'] as const).filter((name) => before[name].some((id) => !after[name].includes(id)));
}

test('a variable, a limit, a toggle and the number of instances never build, and roll only what they touch', async () => {
  expect(await rolled(application({ web: ', COLOUR: blue' }))).toEqual(['web']);
  expect(await rolled(application({ web: ', COLOUR: blue', api: ', cpus: "0.5"' }))).toEqual(['api']);
  expect(await rolled(application({ web: ', COLOUR: blue', api: ', cpus: "0.5"', toggle: 'on' }))).toEqual(['web', 'api']);
  expect(await rolled(application({ web: ', COLOUR: blue', api: ', cpus: "0.5"', toggle: 'on', replicas: 2 }))).toEqual([]);
  expect(await site.instances('web')).toHaveLength(2);
  const { out } = await site.ok('exec', 'web', 'env');
  expect(out).toMatch(/^BERTH_TOGGLE_MASK_LOGS=1$/m);
  expect(out).toMatch(/^API=http:\/\/api:3000$/m);
});
