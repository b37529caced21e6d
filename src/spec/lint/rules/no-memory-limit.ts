import type { Rule } from '../rule.ts';

/** Services that may take all memory of the machine. */
export const noMemoryLimit: Rule = {
  id: 'no-memory-limit',
  severity: 'note',
  finds: 'A service has no limit of memory.',
  why: 'One that leaks takes the memory of all others, and the kernel chooses whom it kills.',
  fix: 'Write `deploy: { resources: { limits: { memory: 512M } } }` with what it needs at most.',
  *find({ services }) {
    for (const { name, mark, model } of services)
      if (model.container.memoryBytes === undefined) yield { mark, message: `\`${name}\` has no limit of memory` };
  },
};
