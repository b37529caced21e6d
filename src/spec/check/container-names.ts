import type { Service } from '../../model/index.ts';
import type { Context } from '../resolve/context.ts';
import { child } from '../text/node.ts';

/** Reports a `container_name` that two services have: the engine knows each name once. */
export function checkContainerNames(services: readonly Service[], context: Context): void {
  const owners = new Map<string, string>();
  for (const { name, containerName } of services) {
    if (containerName === undefined) continue;
    const owner = owners.get(containerName);
    const node = child(context.document, 'services', name, 'container_name');
    if (owner === undefined) owners.set(containerName, name);
    else if (node !== undefined) context.problems.error(node.mark, `\`${name}\` has the \`container_name\` of \`${owner}\``);
  }
}
