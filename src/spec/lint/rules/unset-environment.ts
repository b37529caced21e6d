import { child, entriesOf, isNull } from '../../text/node.ts';
import type { Rule } from '../rule.ts';

/** `environment: [NAME]` with nothing to pass on. */
export const unsetEnvironment: Rule = {
  id: 'unset-environment',
  severity: 'warning',
  finds: 'A service takes a variable from where berth runs (`environment: [NAME]`), and it is not set there.',
  why: 'The container starts without the variable, and nothing says so.',
  fix: 'Set it in the environment or in `.env`, or write its value.',
  *find({ services }) {
    for (const { name, node } of services) {
      for (const [variable, { key, value }] of entriesOf(child(node, 'environment')))
        if (isNull(value)) yield { mark: key, message: `\`${name}\` passes on the variable \`${variable}\`, which is not set` };
    }
  },
};
