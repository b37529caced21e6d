import { portsOf, storePort } from '../images.ts';
import type { Facts, Rule, ServiceFacts } from '../rule.ts';
import { sourcesOf } from '../sources.ts';

const address = /\b([a-z][a-z0-9+.-]*):\/\/(?:[^\s/@]*@)?(?:localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?/gi;
/** The port that a store of this kind has, whatever the address says: a published one is another. */
const usualPorts: Readonly<Record<string, number>> = {
  redis: 6379,
  rediss: 6379,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mongodb: 27_017,
  amqp: 5672,
  amqps: 5672,
};

/** A source that looks for another service in its own container. */
export const loopbackInSource: Rule = {
  id: 'loopback-in-source',
  severity: 'warning',
  finds:
    'The source of a service that is built has an address with `localhost` for what another service is: by its port, or by its kind (`redis://`).',
  why: 'In a container, `localhost` is that container; the connection is refused. It worked where all ran on one machine.',
  fix: 'Read the address from a variable, and set it to the name of the service under `environment`.',
  *find(facts) {
    for (const { service, source } of sourcesOf(facts)) {
      for (const { text, place, idle } of source.texts ?? []) {
        for (const [, scheme = '', port] of idle ? [] : text.matchAll(address)) {
          const other = otherOf(facts, service, { scheme: scheme.toLowerCase(), port: Number(port) });
          if (other === undefined) continue;
          const message = `the source of \`${service.name}\` looks for \`${other.name}\` in its own container (${place})`;
          yield { mark: service.mark, message, hint: `Read the address from a variable, with \`${other.name}\` for the host.` };
        }
      }
    }
  },
};

function otherOf(
  { services }: Facts,
  own: ServiceFacts,
  wanted: { readonly scheme: string; readonly port: number },
): ServiceFacts | undefined {
  if (own.model.networkMode !== undefined || portsOf(own.model).has(wanted.port)) return undefined;
  const { [wanted.scheme.replace(/\+.*$/, '')]: usual } = usualPorts;
  const others = services.filter(({ model }) => model !== own.model);
  return (
    others.find(({ model }) => portsOf(model).has(wanted.port)) ??
    others.find(({ model }) => usual !== undefined && storePort(model) === usual)
  );
}
