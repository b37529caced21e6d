import { child, itemsOf } from '../../text/node.ts';
import type { Rule } from '../rule.ts';
import { valuesOf } from '../values.ts';

/** Mounts of what is not there. */
export const missingMount: Rule = {
  id: 'missing-mount',
  severity: 'warning',
  finds: 'A path of the machine is mounted that is not there.',
  why: 'The engine makes an empty directory in its place, of root; where a file was meant, the program finds a directory.',
  fix: 'Make it, correct the path, or use a volume.',
  *find({ services, missingPaths }) {
    for (const { name, node } of services) {
      for (const item of itemsOf(child(node, 'volumes'))) {
        const [source] = valuesOf(child(item, 'source'));
        const [type] = valuesOf(child(item, 'type'));
        if (type?.text === 'bind' && source !== undefined && missingPaths.has(source.text))
          yield { mark: item.mark, message: `\`${name}\` mounts \`${source.text}\`, which is not there` };
      }
    }
  },
};
