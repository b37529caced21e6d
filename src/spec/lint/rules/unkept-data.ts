import { dataPath } from '../images.ts';
import { child } from '../../text/node.ts';
import type { Rule } from '../rule.ts';
import { valuesOf } from '../values.ts';

/** Databases whose data no volume of the file keeps. */
export const unkeptData: Rule = {
  id: 'unkept-data',
  severity: 'warning',
  finds: 'A database or queue has no volume where it keeps its data.',
  why: 'The data lies in a volume without a name, which follows the instances from release to release but is left behind by `berth down`, and which nobody finds to back it up.',
  fix: 'Mount a volume there: `volumes: ["data:/var/lib/postgresql/data"]`.',
  *find({ services }) {
    for (const { name, node, mark, model } of services) {
      const path = dataPath(model);
      const targets = [
        ...model.mounts.map(({ target }) => target),
        ...[...valuesOf(child(node, 'tmpfs'))].map(({ text }) => text.replace(/:.*$/, '')),
      ];
      if (path === undefined || targets.some((target) => keeps(target, path))) continue;
      yield {
        mark,
        message: `no volume keeps the data of \`${name}\``,
        hint: `Write \`volumes: ["${name}-data:${path}"]\`, and \`${name}-data:\` under \`volumes\`.`,
      };
    }
  },
};

/** Whether a mount is at the data, above it, or at a part of it. */
function keeps(target: string, path: string): boolean {
  return path === target || path.startsWith(`${target}/`) || target.startsWith(`${path}/`) || target.startsWith('/bitnami');
}
