import { child } from '../../text/node.ts';
import { portsOf } from '../images.ts';
import type { Rule, ServiceFacts } from '../rule.ts';
import { textsOf, type Value } from '../values.ts';

const withPort = /(?:^|[/@,;\s=])(?:localhost|127\.0\.0\.1|\[::1\]):(\d{1,5})\b/gi;
const alone = /^(?:localhost|127\.0\.0\.1|::1)$/i;
/** Addresses that a browser of the user's own machine opens. */
const forBrowsers = /public|external|origin|cors|callback|redirect|allowed|browser|frontend|vite_|react_app_/i;

/** A service that looks for another one in its own container. */
export const loopback: Rule = {
  id: 'loopback',
  severity: 'error',
  finds: 'A variable names `localhost` with the port of another service.',
  why: 'In a container, `localhost` is that container; the connection is refused.',
  fix: 'Name the service: its name is its address on the networks that the two share.',
  *find({ services }) {
    for (const service of services) {
      if (service.model.networkMode !== undefined) continue;
      const own = portsOf(service.model);
      for (const { value, port, name } of addressesOf(service)) {
        const other = own.has(port) ? undefined : services.find(({ model }) => model !== service.model && portsOf(model).has(port));
        if (other === undefined) continue;
        const message = `\`services.${service.name}.environment.${name}\` looks for port ${String(port)} in its own container; \`${other.name}\` has it`;
        yield { mark: value.node.mark, message, hint: `Write \`${other.name}\` in place of the loopback address.` };
      }
    }
  },
};

function* addressesOf({ node }: ServiceFacts): Generator<{ readonly value: Value; readonly port: number; readonly name: string }> {
  const variables = new Map(textsOf(child(node, 'environment')));
  for (const [name, value] of variables) {
    if (forBrowsers.test(name)) continue;
    for (const [, port] of value.text.matchAll(withPort)) yield { value, port: Number(port), name };
    const beside =
      alone.test(value.text) && /HOST(?:NAME)?$/i.test(name) ? variables.get(name.replace(/HOST(?:NAME)?$/i, 'PORT')) : undefined;
    if (beside !== undefined && name !== 'HOST') yield { value, port: Number(beside.text), name };
  }
}
