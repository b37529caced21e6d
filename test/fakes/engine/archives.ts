import { packTar, unpackTar } from 'modern-tar';
import type { FakeContainer } from './machine.ts';

/** Files in and out of fake containers as tar archives. */
export class FakeArchives {
  async put(c: FakeContainer, path: string, tar: Uint8Array): Promise<void> {
    for (const { header, data } of await unpackTar(tar)) {
      if (header.type === 'file') c.files.set(join(path, header.name), data ?? new Uint8Array());
    }
  }

  /** The file at a path, or all files below it. */
  async get(c: FakeContainer | undefined, path: string): Promise<Uint8Array | undefined> {
    if (c === undefined) return undefined;
    const parent = path.slice(0, path.lastIndexOf('/') + 1);
    const found = [...c.files].filter(([name]) => name === path || name.startsWith(`${path}/`));
    if (found.length === 0) return undefined;
    return packTar(found.map(([name, body]) => ({ header: { name: name.slice(parent.length), size: body.length }, body })));
  }
}

function join(directory: string, name: string): string {
  return `${directory.replace(/\/$/, '')}/${name.replace(/^\.?\//, '')}`;
}
