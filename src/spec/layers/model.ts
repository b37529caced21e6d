import { longForms } from '../canonical/canonical.ts';
import { merge, settle } from '../merge.ts';
import { interpolate } from '../text/interpolate.ts';
import { map, type MapNode } from '../text/node.ts';
import { withExtended } from './extends.ts';
import { withIncluded } from './include.ts';
import { readLayers, type Model, type Reading, type Said } from './reading.ts';

/** The document that files make: filled in, with what they include and extend, merged. Undefined when there is nothing in them. */
export async function loadModel(model: Model, reading: Reading): Promise<MapNode | undefined> {
  let document: MapNode | undefined;
  const lay = (layer: MapNode): void => {
    const merged = document === undefined ? settle(layer) : merge(document, layer, reading.problems);
    if (merged.kind === 'map') document = merged;
  };
  for (const file of model.files) {
    for (const layer of (await readLayers(file, reading)) ?? []) lay(await complete(layer, { file, model }, reading));
  }
  for (const layer of model.over ?? []) {
    const filled = interpolate(layer, model.variables.get, reading.report);
    note(filled, 'set', model, reading);
    lay(filled);
  }
  return document;
}

/** One document of a file with its variables filled in, and with what it includes and extends. */
async function complete(layer: MapNode, at: { readonly file: string; readonly model: Model }, reading: Reading): Promise<MapNode> {
  const { file, model } = at;
  reading.variables.set(layer.mark.source, model.variables);
  const filled = interpolate(layer, model.variables.get, reading.report);
  const included = await withIncluded(filled, { ...model, chain: [...model.chain, file] }, { reading, load: loadModel });
  const extended = await withExtended(included, { file, directory: model.directory, lookup: model.variables.get }, reading);
  note(filled, model.chain.length === 0 ? 'file' : 'include', model, reading);
  return extended;
}

function note(layer: MapNode, from: Said['from'], model: Model, reading: Reading): void {
  if (reading.said === undefined) return;
  const own = new Map([...layer.entries].filter(([key]) => key !== 'include'));
  reading.said.push({ node: longForms(map(layer.mark, own), { directory: model.directory, home: reading.home }), from });
}
