import { child, entriesOf, itemsOf, type Node } from '../../text/node.ts';
import type { Rule } from '../rule.ts';
import { valuesOf } from '../values.ts';

const sections: Readonly<Record<string, string>> = { volumes: 'volume', networks: 'network', secrets: 'secret', configs: 'config' };

/** What is declared at the top and no service uses. */
export const unused: Rule = {
  id: 'unused',
  severity: 'note',
  finds: 'A volume, network, secret or config at the top of the file is used by no service, whatever its profile.',
  why: 'It is not created. Often a service was meant to use it, and has a name that is spelled differently, or a mount of the machine in its place.',
  fix: 'Use it, or take it away.',
  *find({ whole }) {
    const services = entriesOf(child(whole, 'services')).map(([, { value }]) => value);
    const forTls = new Set([whole, ...services].flatMap((node) => [...valuesOf(child(node, 'x-berth', 'tls'))].map(({ text }) => text)));
    for (const [section, word] of Object.entries(sections)) {
      const byName = section === 'secrets' || section === 'configs' ? forTls : [];
      const used = new Set([...services.flatMap((service) => usedOf(service, section)), ...byName]);
      for (const [name, { key }] of entriesOf(child(whole, section)))
        if (!used.has(name) && name !== 'default') yield { mark: key, message: `no service uses the ${word} \`${name}\`` };
    }
  },
};

function usedOf(service: Node, section: string): string[] {
  const uses = child(service, section);
  const sources = (items: readonly Node[]): string[] =>
    items.flatMap((item) => [...valuesOf(child(item, 'source'))].map(({ text }) => text));
  if (section === 'networks') return entriesOf(uses).map(([name]) => name);
  return sources([...itemsOf(uses), ...(section === 'secrets' ? itemsOf(child(service, 'build', 'secrets')) : [])]);
}
