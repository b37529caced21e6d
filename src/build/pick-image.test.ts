import { expect, it } from 'vitest';
import { pickImage } from './pick-image.ts';

const image = (id: string, tags: string[], createdAtMs = 1000) => ({ id, tags, createdAtMs, labels: {}, sizeBytes: 1 });
const api = image('a', ['berth/shop-api:build', 'berth/shop-api:r1']);
const web = image('b', ['berth/shop-web:build', 'berth/shop-web:r1']);

it.each([
  ['the one of its last build', [api, web], 'b'],
  ['the same in whichever order the engine tells them', [web, api], 'b'],
  ['its last build before a newer image of its own', [web, image('c', ['berth/shop-web:r2'], 2000)], 'b'],
  ['one of its own before a newer one', [image('c', ['berth/shop-web:r1']), image('d', ['berth/shop-api:build'], 2000)], 'c'],
  ['the newest of others', [image('c', []), image('d', [], 2000)], 'd'],
  ['one and the same of others of the same second', [image('d', []), image('c', [])], 'c'],
  ['none of none', [], undefined],
])('picks %s', (_what, images, id) => {
  expect(pickImage(images, 'berth/shop-web:build')?.id).toBe(id);
});
