import type { FileTree } from '../ports/index.ts';

/** The packages of a requirements file and of those that it includes, by normalised name with their extras. */
export type Requirements = {
  readonly packages: ReadonlyMap<string, readonly string[]>;
  /** The files read, `requirements.txt` first. */
  readonly files: readonly string[];
};

/** Reads `requirements.txt` with its `-r` and `-c` files, or answers undefined when there is none. */
export async function readRequirements(tree: FileTree): Promise<Requirements | undefined> {
  if ((await tree.read('requirements.txt')) === undefined) return undefined;
  const packages = new Map<string, readonly string[]>();
  const files: string[] = [];
  const queue = ['requirements.txt'];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const text = files.includes(file) ? undefined : await tree.read(file);
    if (text === undefined) continue;
    files.push(file);
    for (const line of text.replaceAll(/\\\r?\n/g, ' ').split(/\r?\n/)) {
      const included = /^\s*(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)/.exec(line)?.[1];
      if (included !== undefined) queue.push(beside(file, included));
      const match = /^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?/.exec(line);
      if (match?.[1] !== undefined) {
        packages.set(
          normalise(match[1]),
          (match[2] ?? '')
            .split(',')
            .map((extra) => extra.trim())
            .filter((extra) => extra !== ''),
        );
      }
    }
  }
  return { packages, files };
}

/** A package name as the index compares it (PEP 503). */
function normalise(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

function beside(file: string, included: string): string {
  const directory = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
  return `${directory}${included.replace(/^\.\//, '')}`;
}
