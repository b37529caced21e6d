import { templateVariables } from '../../text/template.ts';
import type { Rule } from '../rule.ts';

/** A variable that is there and empty, which no default of `-` replaces. */
export const emptyVariable: Rule = {
  id: 'empty-variable',
  severity: 'warning',
  finds: 'A variable that a value is filled from is set, but empty.',
  why: 'The value loses a part without a word: `${NAME}` and `${NAME-default}` take an empty variable as it is.',
  fix: 'Give it a value, or write `${NAME:-default}`, which also stands in for an empty one (`${NAME:-}` where empty is meant).',
  *find({ templates, lookupAt }) {
    const told = new Set<string>();
    for (const [mark, template] of templates) {
      for (const { name, operator } of templateVariables(template)) {
        const isTaken = operator === '' || operator === '-' || operator === '?';
        if (!isTaken || told.has(name) || lookupAt(mark)(name) !== '') continue;
        told.add(name);
        yield { mark, message: `the variable \`${name}\` is set, but empty` };
      }
    }
  },
};
