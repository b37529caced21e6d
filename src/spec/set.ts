import { didYouMean } from '../kit/index.ts';
import type { Problems } from './problem.ts';
import { child, entriesOf, map, mapOf, type MapNode, type Node } from './text/node.ts';
import type { Source } from './text/source.ts';
import { parseYaml } from './text/yaml-tree.ts';

/** The layers that `--set PATH=VALUE` lays over the files; the value is read as YAML. */
export function setLayers(settings: readonly string[], problems: Problems): MapNode[] {
  return settings.flatMap((setting) => {
    const source: Source = { file: '--set', text: setting };
    const mark = { source, offset: 0 };
    const equals = setting.indexOf('=');
    const keys = setting.slice(0, Math.max(equals, 0)).split('.');
    if (equals < 1 || keys.includes('')) {
      problems.error(mark, `\`${setting}\` is not \`PATH=VALUE\``, { hint: 'Write, for example, `--set services.web.scale=3`.' });
      return [];
    }
    // Blanks in front keep the offsets of the whole setting.
    const [value] = parseYaml({ file: '--set', text: ' '.repeat(equals + 1) + setting.slice(equals + 1) }, problems) ?? [];
    let node: Node = value ?? { kind: 'scalar', mark, value: '' };
    for (const key of keys.toReversed()) node = mapOf(mark, { [key]: node });
    return node.kind === 'map' ? [map(mark, node.entries)] : [];
  });
}

/** Reports services that nothing but `--set` speaks of, when another one's name is near: a slip would deploy a service of its own. */
export function reportSlips(merged: MapNode, problems: Problems): void {
  const isSet = (node: Node): boolean => {
    if (node.kind === 'scalar') return node.mark.source.file === '--set';
    return node.kind === 'list' ? node.items.every(isSet) : [...node.entries.values()].every(({ value }) => isSet(value));
  };
  const services = entriesOf(child(merged, 'services'));
  const written = services.flatMap(([name, { value }]) => (isSet(value) ? [] : [name]));
  for (const [name, { key }] of services) {
    const near = written.includes(name) ? undefined : didYouMean(name, written);
    if (near !== undefined && key.source.file === '--set')
      problems.error(key, `\`--set\` names the service \`${name}\`, which no file has`, { hint: near });
  }
}
