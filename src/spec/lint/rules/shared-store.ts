import { child } from '../../text/node.ts';
import { storePort } from '../images.ts';
import type { Rule } from '../rule.ts';

/** Databases of which several instances write the same files. */
export const sharedStore: Rule = {
  id: 'shared-store',
  severity: 'error',
  finds: 'A database, queue or cache has several replicas on one volume.',
  why: 'Two processes write the same files without knowing of each other; the data is lost, or the second one refuses to start.',
  fix: 'Give it one replica; a cluster needs a service with a volume of its own for each member.',
  *find({ services }) {
    for (const { name, node, mark, model } of services) {
      const isKept = model.mounts.some(({ type, readOnly }) => !readOnly && (type === 'volume' || type === 'bind'));
      if (storePort(model) === undefined || model.replicas < 2 || !isKept) continue;
      const where = child(node, 'deploy', 'replicas')?.mark ?? child(node, 'scale')?.mark ?? mark;
      yield { mark: where, message: `${String(model.replicas)} instances of \`${name}\` would share one volume` };
    }
  },
};
