import { randomBytes } from 'node:crypto';
import { packTar } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine, findEngine, type ConnectedEngine } from '../../src/docker/index.ts';
import type { PullProgress, RegistryAuth } from '../../src/ports/index.ts';
import { FakeRegistry } from './fake-registry.ts';

const prefix = `t-engine-${process.pid}`;
const registry = new FakeRegistry();
let engine: ConnectedEngine;
let layer: Uint8Array;

beforeAll(async () => {
  const { socket } = await findEngine({ environment: process.env });
  engine = connectEngine({ socket, clock: Date });
  const body = randomBytes(3_000_000);
  layer = await packTar([{ header: { name: 'random', size: body.length, type: 'file' }, body }]);
  await registry.listen();
});

afterAll(async () => {
  await registry.close();
  engine.close();
});

async function pull(reference: string, auth?: RegistryAuth): Promise<PullProgress[]> {
  const progress: PullProgress[] = [];
  await engine.pullImage({ reference, auth }, (p) => progress.push(p));
  return progress;
}

describe('pulling from a registry', () => {
  it('brings the image and tells how far it is', async () => {
    const reference = registry.add(`${prefix}/whole`, { layer });
    const progress = await pull(reference);
    expect(await engine.inspectImage(reference)).toMatchObject({ tags: [reference] });
    expect(await engine.removeImage(reference)).toBe(true);
    const shares = progress.map((p) => p.current);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(progress.at(-1)?.total).toBeGreaterThan(2_900_000);
    expect(progress.at(-1)?.current).toBe(progress.at(-1)?.total);
  });

  it('logs in with the credentials it is given, and only with the right ones gets in', async () => {
    const reference = registry.add(`${prefix}/private`, { layer });
    registry.protected.add(`${prefix}/private`);
    await expect(pull(reference)).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    await expect(pull(reference, { username: 'me', password: 'wrong' })).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    await pull(reference, { username: 'me', password: 'secret', serveraddress: `127.0.0.1:${registry.port}` });
    expect(await engine.removeImage(reference)).toBe(true);
    registry.protected.clear();
  });

  it.each([
    [404, 'IMAGE_NOT_FOUND'],
    [403, 'REGISTRY_DENIED'],
    [401, 'REGISTRY_DENIED'],
    [500, 'REGISTRY_UNREACHABLE'],
    [503, 'REGISTRY_UNREACHABLE'],
    [429, 'REGISTRY_UNREACHABLE'],
  ])('takes a registry that answers %i for %s', async (status, code) => {
    const reference = registry.add(`${prefix}/status-${status}`, { status });
    await expect(pull(reference)).rejects.toMatchObject({ code });
  });

  it('says that an image is nowhere, and that a registry does not answer', async () => {
    await expect(pull(`127.0.0.1:${registry.port}/${prefix}/nothing:1`)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    await expect(pull(`127.0.0.1:9/${prefix}/nobody:1`)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    await expect(pull(`no-such-registry.invalid/${prefix}:1`)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });
});
