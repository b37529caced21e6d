import { readdirSync, readFileSync } from 'node:fs';

/** The text of a file, or undefined when there is none that can be read: what a build may use is only looked for. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The names in a directory; none when it is not there. */
export function listNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
