import { packTar } from 'modern-tar';
import { expect } from 'vitest';
import { refused, type ContractKit } from './kit.ts';

const addressIn = (subnet: string, last: number): string => subnet.replace(/\.0\/24$/, `.${last}`);

/** Networks and their addresses. */
export function networkContract(kit: ContractKit): void {
  const make = (suffix: string, subnet: string): Promise<string> =>
    kit.engine.createNetwork({ Name: kit.name(suffix), Driver: 'bridge', Labels: kit.labels, IPAM: { Config: [{ Subnet: subnet }] } });

  kit.test('gives fixed addresses, on several networks, to one running container each', async () => {
    const { engine } = kit;
    const [first, second] = kit.world.subnets;
    const ids = [await make('net-a', first), await make('net-b', second)];
    const [a, b] = [kit.name('net-a'), kit.name('net-b')];
    const onFirst = { Aliases: ['web'], IPAMConfig: { IPv4Address: addressIn(first, 20) } };
    const onSecond = { IPAMConfig: { IPv4Address: addressIn(second, 21) } };
    const more = { HostConfig: { NetworkMode: a }, NetworkingConfig: { EndpointsConfig: { [a]: onFirst } } };
    const id = await engine.createContainer(kit.name('fixed'), kit.body('ignoresStop', more));
    await engine.connectNetwork(b, id, onSecond);
    await engine.startContainer(id);
    const { networks } = await kit.need(id);
    expect(networks[a]).toMatchObject({ networkId: ids[0], address: addressIn(first, 20) });
    expect(networks[a]?.aliases).toContain('web');
    expect(networks[b]).toMatchObject({ networkId: ids[1], address: addressIn(second, 21) });
    expect((await engine.listContainers({ labels: kit.labels }))[0]?.addresses).toEqual({
      [a]: addressIn(first, 20),
      [b]: addressIn(second, 21),
    });
    const rival = await engine.createContainer(kit.name('rival'), kit.body('serves', more));
    await expect(engine.startContainer(rival)).rejects.toMatchObject({ ...refused('ENGINE_REFUSED'), details: { status: 403 } });
    await kit.remove(id);
    await engine.startContainer(rival);
    expect((await kit.need(rival)).networks[a]?.address).toBe(addressIn(first, 20));
    await engine.connectNetwork(b, rival, onSecond);
    await engine.disconnectNetwork(b, rival);
    await engine.disconnectNetwork(b, rival);
    expect(Object.keys((await kit.need(rival)).networks)).toEqual([a]);
    await engine.connectNetwork(b, rival, { IPAMConfig: { IPv4Address: addressIn(second, 30) } });
    expect((await engine.inspectNetwork(b))?.containers).toEqual([{ id: rival, name: kit.name('rival'), address: addressIn(second, 30) }]);
    await expect(engine.removeNetwork(b)).rejects.toMatchObject(refused('ENGINE_CONFLICT'));
    const renamed = { Aliases: ['shop'], IPAMConfig: { IPv4Address: addressIn(first, 20) } };
    await engine.rejoinNetwork(a, rival, { endpoint: renamed, frozen: rival });
    await engine.unpauseContainer(rival);
    const anew = await kit.need(rival);
    expect(anew.state).toBe('running');
    expect(anew.networks[a]?.address).toBe(addressIn(first, 20));
    expect(anew.networks[a]?.aliases.filter((alias) => !rival.startsWith(alias))).toEqual(['shop']);
    await kit.remove(rival);
    const idle = await engine.createContainer(kit.name('idle'), kit.body('serves', more));
    await engine.rejoinNetwork(a, idle, { endpoint: renamed, frozen: idle });
    expect((await kit.need(idle)).state).toBe('created');
    await kit.remove(idle);
    await engine.removeNetwork(a);
    await engine.removeNetwork(b);
    await engine.removeNetwork(b);
    expect(await engine.inspectNetwork(b)).toBeUndefined();
  });

  kit.test('refuses a network of the same name, and one whose subnet is taken', async () => {
    const [, , third] = kit.world.subnets;
    await make('net-c', third);
    expect(await kit.engine.inspectNetwork(kit.name('net-c'))).toMatchObject({ labels: kit.labels, subnets: [{ subnet: third }] });
    await expect(make('net-c', third)).rejects.toMatchObject(refused('ENGINE_CONFLICT'));
    await expect(make('net-d', third)).rejects.toMatchObject({ ...refused('ENGINE_REFUSED'), details: { status: 403 } });
    expect((await kit.engine.listNetworks()).map((n) => n.name)).toContain(kit.name('net-c'));
    await kit.engine.removeNetwork(kit.name('net-c'));
  });
}

/** Volumes. */
export function volumeContract(kit: ContractKit): void {
  kit.test('keeps volumes, named and anonymous, and removes none that is used', async () => {
    const { engine } = kit;
    const Name = kit.name('volume');
    await engine.createVolume({ Name, Labels: kit.labels });
    await engine.createVolume({ Name, Labels: kit.labels });
    expect(await engine.inspectVolume(Name)).toMatchObject({ name: Name, driver: 'local', labels: kit.labels });
    expect((await engine.listVolumes({ labels: kit.labels })).map((v) => v.name)).toEqual([Name]);
    const Mounts = [{ Type: 'volume', Source: Name, Target: '/named', ReadOnly: true }];
    const id = await engine.createContainer(kit.name('mounts'), kit.body('serves', { HostConfig: { Mounts } }));
    const mounts = (await kit.need(id)).mounts.toSorted((x, y) => x.target.localeCompare(y.target));
    expect(mounts).toMatchObject([
      { type: 'volume', target: '/data', readWrite: true },
      { type: 'volume', target: '/named', name: Name, readWrite: false },
    ]);
    await expect(engine.removeVolume(Name)).rejects.toMatchObject(refused('ENGINE_CONFLICT'));
    await kit.remove(id);
    expect(await engine.inspectVolume(mounts[0]?.name ?? '')).toBeUndefined();
    await engine.removeVolume(Name);
    await engine.removeVolume(Name);
    expect(await engine.inspectVolume(Name)).toBeUndefined();
  });
}

/** Images. */
export function imageContract(kit: ContractKit): void {
  kit.test('tags, finds and removes images, but none in use', async () => {
    const { engine } = kit;
    const image = await engine.inspectImage(kit.world.image);
    expect(image).toMatchObject({ volumes: ['/data'], exposedPorts: [{ port: 8080, protocol: 'tcp' }], healthcheck: false });
    expect(image?.command).toEqual(['sleep', '3600']);
    const repository = kit.name('image');
    await engine.tagImage(kit.world.image, repository, '1');
    expect(await engine.inspectImage(`${repository}:1`)).toMatchObject({ id: image?.id });
    const found = await engine.listImages({ labels: { 'contract.image': 'tiny' }, reference: repository });
    expect(found).toMatchObject([{ id: image?.id }]);
    const id = await engine.createContainer(kit.name('user'), kit.body('serves'));
    expect(await engine.removeImage(`${repository}:1`)).toBe(true);
    expect(await engine.removeImage(`${repository}:1`)).toBe(true);
    expect(await engine.inspectImage(`${repository}:1`)).toBeUndefined();
    expect(await engine.removeImage(kit.world.image)).toBe(false);
    await kit.remove(id);
    await expect(engine.tagImage('berth-contract-no-such-image:1', repository, '1')).rejects.toMatchObject(refused('IMAGE_NOT_FOUND'));
  });

  kit.test('imports a root file system and loads an image archive', async () => {
    const { engine } = kit;
    const layer = await packTar([{ header: { name: 'hello.txt', size: 5, type: 'file' }, body: 'hello' }]);
    const repository = kit.name('imported');
    const id = await engine.importImage({ tar: once(layer), repository, tag: '1', changes: ['LABEL by=contract', 'CMD ["/a b"]'] });
    expect(await engine.inspectImage(`${repository}:1`)).toMatchObject({ id, labels: { by: 'contract' }, command: ['/a b'] });
    expect(await engine.removeImage(`${repository}:1`)).toBe(true);
    await engine.loadImage(once(await imageArchive(layer, `${repository}:2`)));
    expect(await engine.inspectImage(`${repository}:2`)).toBeDefined();
    expect(await engine.removeImage(`${repository}:2`)).toBe(true);
    const noImage = engine.loadImage(once(layer));
    await expect(noImage).rejects.toMatchObject({ name: 'BerthError' });
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** An archive as `docker save` writes it, of one layer. */
async function imageArchive(layer: Uint8Array, tag: string): Promise<Uint8Array> {
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', Uint8Array.from(layer))).toString('hex');
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    history: [{}],
  });
  const manifest = JSON.stringify([{ Config: 'config.json', RepoTags: [tag], Layers: ['layer.tar'] }]);
  const file = (name: string, body: string | Uint8Array) => ({
    header: { name, size: Buffer.byteLength(body), type: 'file' as const },
    body,
  });
  return packTar([file('manifest.json', manifest), file('config.json', config), file('layer.tar', layer)]);
}
