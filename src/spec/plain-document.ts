import { root } from './schema/root.ts';
import { size, type Shape } from './schema/shape.ts';
import { child, entriesOf, toPlain, type MapNode, type Node, type Part, type Plain, type ScalarNode } from './text/node.ts';
import { joinParts } from './text/references.ts';
import { scalarText } from './text/scalar.ts';
import { booleanOf, goDuration, sizeBytes } from './text/units.ts';
import { numberOf } from './validate.ts';

type Document = { readonly [key: string]: Plain };

/**
 * The document as `berth config` shows it: Compose's spelling of keys and values, without resources that no service uses
 * and with every `$` doubled, so that reading it again gives the same application.
 */
export function plainDocument(document: MapNode): Document {
  const used = usedResources(document);
  const result: Record<string, Plain> = { name: null };
  for (const [key, { value }] of document.entries) {
    const names = used.get(key);
    if (key === 'version' || names?.size === 0) continue;
    const shape = shapeOf(root, key);
    const plain = plainOf(names === undefined || value.kind !== 'map' ? value : only(value, names), shape);
    if (names === undefined || !isRecord(plain) || Object.keys(plain).length > 0) result[key] = plain;
  }
  return result;
}

function only(node: MapNode, names: ReadonlySet<string>): MapNode {
  return { ...node, entries: new Map([...node.entries].filter(([name]) => names.has(name))) };
}

const anything: Shape = { type: 'any' };
/** Numbers that Compose prints as text, since they are sizes there. */
const printedAsText: ReadonlySet<string> = new Set(['mem_swappiness']);

function shapeOf(shape: Shape, key: string): Shape {
  if (shape.type === 'dictionary') return shape.of;
  return (shape.type === 'object' && Object.hasOwn(shape.keys, key) ? shape.keys[key]?.shape : undefined) ?? anything;
}

/** A node as Compose spells it: numbers, booleans, sizes and durations each in one way. */
function plainOf(node: Node, shape: Shape): Plain {
  if (node.kind === 'scalar') return node.parts === undefined ? escape(scalarOf(node, shape)) : escapedParts(node.parts);
  if (shape.type === 'any') return escape(toPlain(node));
  const fitting = shape.type === 'oneOf' ? (shape.shapes.find((one) => isFor(one, node)) ?? anything) : shape;
  if (node.kind === 'list') return node.items.map((item) => plainOf(item, fitting.type === 'list' ? fitting.of : anything));
  const result: Record<string, Plain> = {};
  for (const [key, { value }] of node.entries) {
    const plain = plainOf(value, shapeOf(fitting, key));
    result[key] = printedAsText.has(key) && typeof plain === 'number' ? String(plain) : plain;
  }
  return result;
}

/** References to secrets stay references, for who reads it again; their values are in no document. */
function escapedParts(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === 'string' ? part.replaceAll('$', '$$$$') : joinParts([part]))).join('');
}

function isFor(shape: Shape, node: Exclude<Node, ScalarNode>): boolean {
  return node.kind === 'list' ? shape.type === 'list' : shape.type === 'object' || shape.type === 'dictionary';
}

function scalarOf(node: ScalarNode, shape: Shape): Plain {
  const { value } = node;
  if (value === null) return null;
  switch (shape.type) {
    case 'boolean':
      return booleanOf(value) ?? value;
    case 'integer':
    case 'number':
      return numberOf(node) ?? value;
    case 'text':
      return scalarText(value);
    case 'string':
      return stringOf(String(value), shape.format);
    case 'oneOf':
      return oneOf(node, shape);
    case 'any':
    case 'null':
    case 'list':
    case 'dictionary':
    case 'object':
      return value;
  }
}

function stringOf(value: string, format: string | undefined): Plain {
  if (format === 'duration') return goDuration(value) ?? value;
  if (format === 'size') return String(sizeBytes(value) ?? value);
  return value;
}

function oneOf(node: ScalarNode, shape: Extract<Shape, { type: 'oneOf' }>): Plain {
  const { value } = node;
  if (value === null) return null;
  if (shape === size) return typeof value === 'boolean' ? value : String(sizeBytes(value) ?? value);
  const isText = shape.shapes.some((one) => one.type === 'string');
  const typed = shape.shapes.find((one) => one.type === 'integer' || one.type === 'number' || one.type === 'boolean');
  return isText || typed === undefined ? value : scalarOf(node, typed);
}

/** By section, the names that some service refers to. */
function usedResources(document: MapNode): ReadonlyMap<string, ReadonlySet<string>> {
  const used = { networks: new Set<string>(), volumes: new Set<string>(), secrets: new Set<string>(), configs: new Set<string>() };
  for (const [, { value: service }] of entriesOf(child(document, 'services'))) {
    for (const [name] of entriesOf(child(service, 'networks'))) used.networks.add(name);
    for (const volume of sources(child(service, 'volumes'))) used.volumes.add(volume);
    for (const secret of [...sources(child(service, 'secrets')), ...sources(child(service, 'build', 'secrets'))]) used.secrets.add(secret);
    for (const config of sources(child(service, 'configs'))) used.configs.add(config);
  }
  return new Map(Object.entries(used));
}

function sources(node: ReturnType<typeof child>): string[] {
  if (node?.kind !== 'list') return [];
  return node.items.flatMap((item) => {
    const source = child(item, 'source');
    return source?.kind === 'scalar' && typeof source.value === 'string' ? [source.value] : [];
  });
}

function isRecord(plain: Plain): plain is Document {
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain);
}

function escape(plain: Plain): Plain {
  if (typeof plain === 'string') return plain.replaceAll('$', '$$$$');
  if (Array.isArray(plain)) return plain.map(escape);
  return isRecord(plain) ? Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, escape(value)])) : plain;
}
