import type { Part } from './node.ts';

const opening = /^\$\{(config|secret):/;

/**
 * Cuts a template at its references (`${config:services.db.image}`, `${secret:NAME}`), which are filled in after the
 * files are merged. Undefined when it has none. The texts between them still hold variables.
 */
export function splitReferences(template: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  let from = 0;
  for (let at = template.indexOf('$'); at !== -1; at = template.indexOf('$', at)) {
    const kind = opening.exec(template.slice(at, at + 10))?.[1];
    const end = kind === undefined ? -1 : template.indexOf('}', at);
    if ((kind !== 'config' && kind !== 'secret') || end === -1) {
      // `$$` is a dollar sign, whatever comes after it.
      at += template[at + 1] === '$' ? 2 : 1;
      continue;
    }
    if (at > from) parts.push(template.slice(from, at));
    parts.push({ kind, name: template.slice(at + `\${${kind}:`.length, end).trim() });
    at = end + 1;
    from = at;
  }
  if (parts.length === 0) return undefined;
  if (from < template.length) parts.push(template.slice(from));
  return parts;
}

/** Parts as the user wrote them. */
export function joinParts(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : `\${${part.kind}:${part.name}}`)).join('');
}
