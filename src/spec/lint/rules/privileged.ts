import { child } from '../../text/node.ts';
import type { Rule } from '../rule.ts';

/** Containers that are not held by the engine. */
export const privileged: Rule = {
  id: 'privileged',
  severity: 'warning',
  finds: 'A service is `privileged`.',
  why: 'Who gets into the container has the machine: every device and every capability of root.',
  fix: 'Give it what it needs only: `cap_add`, `devices`.',
  *find({ services }) {
    for (const { name, node, model } of services) {
      const written = child(node, 'privileged');
      if (model.container.privileged && written !== undefined) yield { mark: written.mark, message: `\`${name}\` is privileged` };
    }
  },
};
