import { child, entriesOf } from '../../text/node.ts';
import { storePort } from '../images.ts';
import type { Rule } from '../rule.ts';

/** Services that start while their database still does. */
export const startedIsNotReady: Rule = {
  id: 'started-is-not-ready',
  severity: 'warning',
  finds: '`depends_on` names a database, queue or cache without `condition: service_healthy`.',
  why: 'The service starts as soon as the process of the other one runs, seconds before that answers, and fails at its first connection.',
  fix: 'Write `depends_on: { NAME: { condition: service_healthy } }`.',
  *find({ services }) {
    const models = new Map(services.map(({ name, model }) => [name, model]));
    for (const { name, node, model } of services) {
      for (const { service: other, condition } of model.dependsOn) {
        const target = models.get(other);
        if (condition !== 'service_started' || target === undefined || storePort(target) === undefined) continue;
        const entry = entriesOf(child(node, 'depends_on')).find(([key]) => key === other)?.[1];
        if (entry === undefined) continue;
        const hint = `Write \`depends_on: { ${other}: { condition: service_healthy } }\`.`;
        yield { mark: entry.key, message: `\`${name}\` waits until \`${other}\` has started, not until it answers`, hint };
      }
    }
  },
};
