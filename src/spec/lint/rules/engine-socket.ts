import { child, itemsOf } from '../../text/node.ts';
import type { Rule } from '../rule.ts';
import { valuesOf } from '../values.ts';

/** Containers that command the engine. */
export const engineSocket: Rule = {
  id: 'engine-socket',
  severity: 'warning',
  finds: "The engine's socket is mounted into a service.",
  why: 'Who gets into the container can start others with every file of the machine in them, also when the mount is read-only: it is root on the machine.',
  fix: 'Do without it; where it has to be, put a proxy before it that lets only the needed calls through.',
  *find({ services }) {
    for (const { name, node, model } of services) {
      const own = child(node, 'use_api_socket');
      if (model.container.useApiSocket && own !== undefined) yield { mark: own.mark, message: `\`${name}\` has the engine's socket` };
      for (const item of itemsOf(child(node, 'volumes'))) {
        const [source] = valuesOf(child(item, 'source'));
        if (source !== undefined && /\/(?:docker|podman|containerd)\.sock$/.test(source.text))
          yield { mark: item.mark, message: `\`${name}\` has the engine's socket (\`${source.text}\`)` };
      }
    }
  },
};
