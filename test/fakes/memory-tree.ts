import type { FileTree } from '../../src/ports/index.ts';

/** A source tree in memory, given as path to content. */
export function memoryTree(files: Readonly<Record<string, string>>): FileTree {
  const clean = (path: string): string => path.replace(/^(?:\.\/)+/, '').replace(/^\.$/, '');
  return {
    root: '/project',
    read: (path) => Promise.resolve(files[clean(path)]),
    list(path) {
      const prefix = clean(path) === '' ? '' : `${clean(path)}/`;
      const kinds = new Map<string, 'file' | 'directory'>();
      for (const file of Object.keys(files)) {
        if (!file.startsWith(prefix)) continue;
        const [first = '', ...rest] = file.slice(prefix.length).split('/');
        kinds.set(first, rest.length === 0 ? 'file' : 'directory');
      }
      return Promise.resolve([...kinds].map(([name, kind]) => ({ name, kind })).toSorted((a, b) => (a.name < b.name ? -1 : 1)));
    },
  };
}
