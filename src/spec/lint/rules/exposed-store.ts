import { child, itemsOf } from '../../text/node.ts';
import { storePort } from '../images.ts';
import type { Rule } from '../rule.ts';

const local = /^(?:127\.|::1$|\[::1\]$)/;

/** Databases that the whole network can reach. */
export const exposedStore: Rule = {
  id: 'exposed-store',
  severity: 'warning',
  finds: 'The port of a database, queue or cache is published on every address of the machine.',
  why: 'Other services reach it without that; now everybody who reaches the machine does too, and such ports are tried all day.',
  fix: 'Take `ports` away, or publish on this machine only: `127.0.0.1:5432:5432`.',
  *find({ services }) {
    for (const { name, node, model } of services) {
      const port = storePort(model);
      for (const [index, { target, hostIp }] of model.ports.entries()) {
        if (target !== port || (hostIp !== undefined && local.test(hostIp))) continue;
        const mark = itemsOf(child(node, 'ports'))[index]?.mark ?? node.mark;
        yield { mark, message: `the port ${String(target)} of \`${name}\` is open to everybody who reaches the machine` };
      }
    }
  },
};
