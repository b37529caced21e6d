import type { FileTree } from '../ports/index.ts';

/** The port that a Node server plainly says it listens on, with the file that says so. */
export async function findNodePort(tree: FileTree, entry: string | undefined): Promise<{ port: number; why: string } | undefined> {
  const usual = ['server', 'app', 'index', 'main', 'src/server', 'src/app', 'src/index', 'src/main'];
  const candidates = [entry, ...usual.flatMap((name) => ['.js', '.mjs', '.cjs', '.ts'].map((end) => name + end))];
  for (const file of new Set(candidates)) {
    const text = file === undefined ? undefined : await tree.read(file);
    const port = text === undefined ? undefined : portIn(text);
    if (port !== undefined) return { port, why: `${file}: listens on ${port}` };
  }
  return undefined;
}

function portIn(text: string): number | undefined {
  const patterns = [
    /process\.env(?:\.PORT|\[['"]PORT['"]\])[^\n]{0,20}?(?:\|\||\?\?|,)\s*['"]?(\d{2,5})\b/,
    /\bport\s*[:=]\s*['"]?(\d{2,5})\b/i,
    /\.listen\(\s*\{?[^)\n]*?\b(\d{2,5})\b/,
  ];
  for (const pattern of patterns) {
    const port = Number(pattern.exec(text)?.[1]);
    if (port >= 1 && port <= 65_535) return port;
  }
  return undefined;
}
