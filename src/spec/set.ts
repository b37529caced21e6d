import type { Problems } from './problem.ts';
import { map, mapOf, type MapNode, type Node } from './text/node.ts';
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
