import path from 'node:path';
import { BerthError } from '../errors/index.ts';
import { child, type Node } from './text/node.ts';
import type { Problems } from './problem.ts';

const rule = 'It may hold lower-case letters, digits, `-` and `_`, and starts with a letter or digit.';

/** A name as Compose makes it from any text: lower case, without what a name cannot hold. */
export function normalName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

/** The name that `-p` or `COMPOSE_PROJECT_NAME` gives, or undefined; one that is not valid ends the load. */
export function givenName(flag: string | undefined, variable: string | undefined): string | undefined {
  const [name, where] = flag === undefined || flag === '' ? [variable, 'COMPOSE_PROJECT_NAME'] : [flag, '-p'];
  if (name === undefined || name === '') return undefined;
  if (normalName(name) === name) return name;
  const valid = normalName(name);
  throw new BerthError(
    'FILE_INVALID',
    `The project name \`${name}\` (\`${where}\`) is not valid. ${rule}`,
    valid === '' ? {} : { hint: `Use \`${valid}\`.` },
  );
}

/** The name of the project: given, else `name:` of the file, else that of its directory. */
export function projectName(
  given: string | undefined,
  document: Node,
  at: { readonly directory: string; readonly problems: Problems },
): string {
  if (given !== undefined) return given;
  const written = child(document, 'name');
  if (written?.kind === 'scalar' && typeof written.value === 'string') {
    const name = normalName(written.value);
    if (name === '') at.problems.error(written.mark, `the project name \`${written.value}\` is not valid`, { hint: rule });
    else if (name !== written.value)
      at.problems.warn(written.mark, `the project name \`${written.value}\` is used as \`${name}\``, { hint: rule });
    return name === '' ? 'invalid' : name;
  }
  const name = normalName(path.basename(at.directory));
  if (name !== '') return name;
  at.problems.error(document.mark, 'the project has no name, and its directory cannot give one', {
    hint: 'Write `name:` at the top, or give `-p`.',
  });
  return 'invalid';
}
