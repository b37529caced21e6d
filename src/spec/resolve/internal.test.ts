import { expect, it } from 'vitest';
import { failureOf, loadText } from '../../../test/fakes/spec-files.ts';

const withApi = (api: string): string => `services:\n  api: { image: x, ${api} }\nnetworks: { far: { external: true } }\n`;

it.each([
  ['x-berth: { internal: front }', 'front'],
  ['x-berth: { internal: dns }', 'dns'],
  ['expose: [3000]', undefined],
])('reads %s', async (api, internal) => {
  expect((await loadText(withApi(api))).project.services[0]?.internal).toBe(internal);
});

it.each([
  ['network_mode: host', "`network_mode: host` keeps it off the app's networks"],
  ['ports: ["53:53/udp"]', 'a front carries TCP only, and it has a UDP port'],
  ['expose: ["53/udp"]', 'a front carries TCP only, and it has a UDP port'],
  ['networks: [far]', 'all of its networks are external'],
])('refuses a front where there cannot be one: %s', async (api, why) => {
  const failure = await failureOf(loadText(withApi(`${api}, x-berth: { internal: front }`)));
  expect(failure).toContain(`\`services.api\` cannot have a front: ${why}`);
  expect(failure).toMatch(/compose\.yaml:2:\d+/);
});

it('refuses another word', async () => {
  expect(await failureOf(loadText(withApi('x-berth: { internal: fronts }')))).toContain('`front`');
});
