import type { FileTree } from '../ports/index.ts';

/** What berth takes when nothing is asked for: the active long-term support line. */
const defaultMajor = 24;
/** The lines that there are images and packages of, best first. */
const majors = [24, 26, 22, 20, 18];
const codenames: Readonly<Record<string, number>> = { hydrogen: 18, iron: 20, jod: 22, krypton: 24 };

/** A version of Node, and the file that asked for it. */
export type NodeVersion = { readonly version: string; readonly why: string; readonly warning?: string };

/** The version of Node that a tree asks for: `engines.node`, `.nvmrc`, `.node-version`, then the default. */
export async function findNodeVersion(tree: FileTree, engines: string | undefined): Promise<NodeVersion> {
  if (engines !== undefined && engines.trim() !== '') return fromRange(engines);
  for (const file of ['.nvmrc', '.node-version']) {
    const text = (await tree.read(file))?.trim();
    if (text !== undefined && text !== '') return fromVersionFile(file, text);
  }
  return { version: String(defaultMajor), why: `no file asks for a version of Node: ${defaultMajor}` };
}

function fromRange(range: string): NodeVersion {
  const major = majors.find((m) => hasVersionOf(range, m));
  if (major !== undefined) return { version: String(major), why: `package.json: engines.node is "${range}": ${major}` };
  return fallback(`engines.node "${range}" in package.json`);
}

function fromVersionFile(file: string, text: string): NodeVersion {
  const why = `${file}: "${text}"`;
  const named = /^lts\/(\w+)$/i.exec(text)?.[1]?.toLowerCase();
  if (named !== undefined && codenames[named] !== undefined) return { version: String(codenames[named]), why };
  const numeric = /^v?(\d+(?:\.\d+\.\d+)?)(?:\.\d+)?$/.exec(text)?.[1];
  if (numeric !== undefined) return { version: numeric, why };
  if (/^(node|stable|latest|current|lts\/\*|lts)$/i.test(text)) return { version: String(defaultMajor), why };
  return fallback(`"${text}" in ${file}`);
}

function fallback(what: string): NodeVersion {
  const warning = `No version of Node that berth knows fits ${what}; Node ${defaultMajor} is used.`;
  return { version: String(defaultMajor), why: `${what} names no known version: ${defaultMajor}`, warning };
}

/** Whether the newest release of a major line lies in an npm version range. */
export function hasVersionOf(range: string, major: number): boolean {
  const newest: Version = [major, 9999, 9999];
  return range.split('||').some((part) => comparators(part).every((fits) => fits(newest)));
}

type Version = readonly [number, number, number];
type Fits = (version: Version) => boolean;

function comparators(text: string): Fits[] {
  const hyphen = /^\s*v?(\S+)\s+-\s+v?(\S+)\s*$/.exec(text);
  if (hyphen?.[1] !== undefined && hyphen[2] !== undefined) return [toFits('>=', hyphen[1]), toFits('<=', hyphen[2])];
  const words = text
    .replaceAll(/([<>=~^]+)\s+/g, '$1')
    .trim()
    .split(/[\s,]+/);
  return words
    .filter((word) => word !== '')
    .map((word) => {
      const match = /^(>=|<=|>|<|=|\^|~>?)?v?(.*)$/.exec(word);
      return toFits(match?.[1] ?? '', match?.[2] ?? '');
    });
}

function toFits(operator: string, text: string): Fits {
  const parts = text.split('.').map((part) => (/^\d+/.test(part) ? Number.parseInt(part, 10) : undefined));
  const [major, minor, patch] = parts;
  if (major === undefined) return () => /^[*xX]?$/.test(text);
  const low: Version = [major, minor ?? 0, patch ?? 0];
  const high: Version = [major, minor ?? 9999, patch ?? 9999];
  switch (operator) {
    case '>=':
      return (version) => compare(version, low) >= 0;
    case '>':
      return (version) => compare(version, high) > 0;
    case '<':
      return (version) => compare(version, low) < 0;
    case '<=':
      return (version) => compare(version, high) <= 0;
    case '^':
      return (version) => version[0] === major;
    default:
      // `20`, `20.x`, `~20.3` and `20.3.1` all stay within a line; the exact release is not the question here.
      return (version) => version[0] === major;
  }
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
