import type { FileTree } from '../ports/index.ts';

const defaultVersion = '3.13';
const known = ['3.13', '3.12', '3.11', '3.14', '3.10', '3.9'];

/** A version of Python (`3.13`), and the file that asked for it. */
export type PythonVersion = { readonly version: string; readonly why: string; readonly warning?: string };

/** The version of Python that a tree asks for: `.python-version`, `runtime.txt`, `pyproject.toml`, then the default. */
export async function findPythonVersion(tree: FileTree): Promise<PythonVersion> {
  for (const file of ['.python-version', 'runtime.txt']) {
    const text = (await tree.read(file))?.trim();
    const version = /^(?:python-?)?(3\.\d+)/m.exec(text ?? '')?.[1];
    if (version !== undefined) return { version, why: `${file}: "${text}"` };
  }
  const range = /^\s*(?:requires-python|python)\s*=\s*["']([^"']+)["']/m.exec((await tree.read('pyproject.toml')) ?? '')?.[1];
  if (range === undefined) return { version: defaultVersion, why: `no file asks for a version of Python: ${defaultVersion}` };
  const version = known.find((candidate) => fits(range, candidate));
  if (version !== undefined) return { version, why: `pyproject.toml: requires Python "${range}": ${version}` };
  const warning = `No version of Python that berth knows fits "${range}" in pyproject.toml; Python ${defaultVersion} is used.`;
  return { version: defaultVersion, why: `pyproject.toml: "${range}" names no known version: ${defaultVersion}`, warning };
}

/** Whether a minor line lies in a PEP 440 range (also Poetry's `^3.11`). */
function fits(range: string, version: string): boolean {
  return range.split(',').every((part) => fitsOne(part, Number(version.split('.')[1])));
}

function fitsOne(part: string, minor: number): boolean {
  const match = /^\s*(>=|<=|==|!=|~=|<|>|\^|~)?\s*3(?:\.(\d+))?(\.(?:\d+|\*))?/.exec(part);
  if (match === null) return !/^\s*(?:<\s*3|==\s*2)/.test(part);
  const [, operator = '==', minorText, patch] = match;
  const wanted = Number(minorText ?? 0);
  switch (operator) {
    case '>=':
    case '^':
      return minor >= wanted;
    case '>':
      return patch === undefined ? minor > wanted : minor >= wanted;
    case '<':
      return minor < wanted;
    case '<=':
      return minor <= wanted;
    case '!=':
      return patch !== undefined || minor !== wanted;
    case '~=':
      // `~=3.11` lets 3.12 in, `~=3.11.2` does not (PEP 440, compatible release).
      return patch === undefined ? minor >= wanted : minor === wanted;
    default:
      // `3`, `==3.*` and `~3.11`: all of the line, or this minor.
      return minorText === undefined || minor === wanted;
  }
}
