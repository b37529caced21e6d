import type { Route, Service } from '../../src/model/index.ts';
import { loadText } from './spec-files.ts';

/** The route that is meant where nothing is said. */
export const plainRoute = { path: '/', port: 80, mode: 'http', tls: false, rules: {} } as const;

/** A hash of a password as crypt(3) writes it. */
export const passwordHash = `$2y$05$${'a'.repeat(53)}`;

/** A service `web` with these labels, one on each line from line 5 on. */
export function labelled(...labels: readonly string[]): string {
  const lines = labels.map((label) => `      - '${label.replaceAll("'", "''").replaceAll('$', '$$$$')}'\n`);
  return `services:\n  web:\n    image: x\n    labels:\n${lines.join('')}`;
}

/** The service `web` of a file, and what was said of it as `LINE MESSAGE`. */
export async function readWeb(text: string): Promise<{ readonly web: Service; readonly said: readonly string[] }> {
  const { project, warnings } = await loadText(text);
  const web = project.services.find((service) => service.name === 'web');
  if (web === undefined) throw new Error('the file has no service `web`');
  return { web, said: warnings.map((warning) => `${String(warning.line)} ${warning.message}`) };
}

/** Routes without what they were made from. */
export function withoutOrigin(routes: readonly Route[]): Route[] {
  return routes.map((route) => {
    const { from, ...rest } = route;
    if (from === undefined) throw new Error('the route was written as such');
    return rest;
  });
}
