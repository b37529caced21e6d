import type { Problems } from './problem.ts';
import { formats } from './schema/format.ts';
import type { Field, Shape } from './schema/shape.ts';
import { didYouMean } from '../kit/index.ts';
import { child, type Entry, type Node, type ScalarNode } from './text/node.ts';
import type { Mark } from './text/source.ts';
import { booleanOf } from './text/units.ts';

/** Keys that berth does not act on, each with every place that has it. */
export type Idle = Map<string, { readonly how: string; readonly places: { readonly mark: Mark; readonly path: string }[] }>;

type Context = { readonly problems: Pick<Problems, 'error'>; readonly idle: Idle };

/**
 * Checks a tree against the table of keys. Every problem is collected with its place; what is wrong is left in the
 * tree, and later readers treat it as absent. Answers the keys that have no effect.
 */
export function validate(node: Node, shape: Shape, problems: Problems): Idle {
  const idle: Idle = new Map();
  check(node, shape, '', { problems, idle });
  return idle;
}

/** Whether a node fits a shape; what does not is reported under the path. */
export function fitsOrReports(node: Node, shape: Shape, path: string, problems: Problems): boolean {
  const before = problems.errors.length;
  check(node, shape, path, { problems, idle: new Map() });
  return problems.errors.length === before;
}

/** Whether a node fits a shape, without a word about why not. */
function fits(node: Node, shape: Shape): boolean {
  let wrong = 0;
  check(node, shape, '', { problems: { error: () => void wrong++ }, idle: new Map() });
  return wrong === 0;
}

/** A shape of one value. */
type ScalarShape = Exclude<Shape, { type: 'any' | 'list' | 'dictionary' | 'object' | 'oneOf' }>;

function check(node: Node, shape: Shape, path: string, context: Context): void {
  if (node.kind === 'scalar' && node.broken === true) return;
  switch (shape.type) {
    case 'any':
      return;
    case 'list':
      if (node.kind !== 'list') return wrongType(node, shape, path, context);
      node.items.forEach((item, index) => check(item, shape.of, `${path}[${String(index)}]`, context));
      return;
    case 'dictionary':
      return checkDictionary(node, shape, path, context);
    case 'object':
      return checkObject(node, shape, path, context);
    case 'oneOf':
      return checkOneOf(node, shape.shapes, path, context);
    case 'null':
    case 'string':
    case 'text':
    case 'integer':
    case 'number':
    case 'boolean':
      return checkScalar(node, shape, path, context);
  }
}

function checkDictionary(node: Node, shape: Extract<Shape, { type: 'dictionary' }>, path: string, context: Context): void {
  if (node.kind !== 'map') return wrongType(node, shape, path, context);
  for (const [key, entry] of node.entries) {
    const wrong = shape.keys === undefined ? undefined : formats[shape.keys](key);
    if (wrong !== undefined) context.problems.error(entry.key, `the name \`${key}\` is not valid: it ${wrong}`);
    check(entry.value, shape.of, join(path, key), context);
  }
}

function checkObject(node: Node, shape: Extract<Shape, { type: 'object' }>, path: string, context: Context): void {
  if (node.kind !== 'map') return wrongType(node, shape, path, context);
  for (const [key, entry] of node.entries) {
    const field = Object.hasOwn(shape.keys, key) ? shape.keys[key] : undefined;
    const here = join(path, key);
    if (field !== undefined) checkField(entry.value, field, { path: here, mark: entry.key }, context);
    else if (!key.startsWith('x-')) unknownKey(key, entry, { path, shape }, context);
  }
  for (const key of shape.required ?? []) {
    if (!node.entries.has(key)) context.problems.error(node.mark, `${subject(path)} lacks the key \`${key}\``);
  }
}

function checkField(node: Node, field: Field, at: { readonly path: string; readonly mark: Mark }, context: Context): void {
  if (field.effect === 'refused') {
    context.problems.error(at.mark, `${subject(at.path)} is not built yet`, {
      hint: field.how === 'Not built yet.' ? undefined : field.how,
    });
    return;
  }
  if (field.effect === 'reported') {
    const key = keyName(at.path);
    const known = context.idle.get(key) ?? { how: field.how, places: [] };
    known.places.push({ mark: at.mark, path: at.path });
    context.idle.set(key, known);
    // What is inside has no effect either; its form still counts.
    return check(node, field.shape, at.path, { ...context, idle: new Map() });
  }
  check(node, field.shape, at.path, context);
}

/** Paths of one key in many services are one key to report. */
function keyName(path: string): string {
  return path.replace(/^(services|networks|volumes|secrets|configs)\.[^.]+/, '$1.*').replaceAll(/\[\d+\]/g, '[]');
}

function unknownKey(
  key: string,
  entry: Entry,
  at: { readonly path: string; readonly shape: Extract<Shape, { type: 'object' }> },
  context: Context,
): void {
  const known = Object.keys(at.shape.keys);
  const isService = at.path === '' && ['image', 'build'].some((each) => child(entry.value, each) !== undefined);
  const near = isService ? 'It looks like a service: indent it below `services:`.' : didYouMean(key, known);
  const all = known.length > 12 ? undefined : `Known keys: ${known.map((k) => `\`${k}\``).join(', ')}.`;
  context.problems.error(entry.key, `unknown key \`${key}\`${at.path === '' ? '' : ` in ${subject(at.path)}`}`, { hint: near ?? all });
}

function checkOneOf(node: Node, shapes: readonly Shape[], path: string, context: Context): void {
  const candidates = shapes.filter((shape) => kindOf(shape).includes(node.kind));
  const [only] = candidates;
  if (only === undefined) return wrongType(node, { type: 'oneOf', shapes }, path, context);
  if (candidates.length === 1) return check(node, only, path, context);
  if (candidates.some((shape) => fits(node, shape))) return;
  // A text that is near one of the kinds gets the sentence of that kind.
  const textual = candidates.find((shape) => shape.type === 'string' && shape.format !== undefined);
  if (textual !== undefined && node.kind === 'scalar' && typeof node.value === 'string') return check(node, textual, path, context);
  const numeric = candidates.find((shape) => shape.type === 'integer' || shape.type === 'number');
  if (numeric !== undefined && node.kind === 'scalar' && typeof node.value === 'number') return check(node, numeric, path, context);
  wrongType(node, { type: 'oneOf', shapes }, path, context);
}

function kindOf(shape: Shape): readonly Node['kind'][] {
  switch (shape.type) {
    case 'any':
      return ['scalar', 'list', 'map'];
    case 'list':
      return ['list'];
    case 'dictionary':
    case 'object':
      return ['map'];
    case 'oneOf':
      return shape.shapes.flatMap(kindOf);
    case 'null':
    case 'string':
    case 'text':
    case 'integer':
    case 'number':
    case 'boolean':
      return ['scalar'];
  }
}

function checkScalar(node: Node, shape: ScalarShape, path: string, context: Context): void {
  if (node.kind !== 'scalar') return wrongType(node, shape, path, context);
  switch (shape.type) {
    case 'text':
      return;
    case 'null':
      if (node.value !== null) wrongType(node, shape, path, context);
      return;
    case 'boolean':
      if (booleanOf(node.value) === undefined) wrongType(node, shape, path, context);
      return;
    case 'integer':
    case 'number':
      return checkNumber(node, shape, path, context);
    case 'string':
      return checkString(node, shape, path, context);
  }
}

function checkNumber(node: ScalarNode, shape: Extract<Shape, { type: 'integer' | 'number' }>, path: string, context: Context): void {
  const value = numberOf(node);
  const thousandths = shape.type === 'number' && typeof node.value === 'string' ? /^(\d+)m$/.exec(node.value)?.[1] : undefined;
  if (thousandths !== undefined) {
    const hint = `Write ${Number(thousandths) / 1000}: thousandths are written so for Kubernetes only.`;
    return context.problems.error(node.mark, `${subject(path)} must be a number, not ${typeWords(node)}`, { hint });
  }
  if (value === undefined || (shape.type === 'integer' && !Number.isInteger(value))) return wrongType(node, shape, path, context);
  const { min = -Infinity, max = Infinity } = shape;
  if (value >= min && value <= max) return;
  const range = max === Infinity ? `at least ${String(min)}` : `${String(min)} to ${String(max)}`;
  context.problems.error(node.mark, `${subject(path)} is ${String(value)}, which is out of range; it must be ${range}`);
}

/** The number of a scalar that is one, or is text that spells one. */
export function numberOf(node: ScalarNode): number | undefined {
  if (typeof node.value === 'number') return node.value;
  if (typeof node.value !== 'string' || !/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(node.value)) return undefined;
  return Number(node.value);
}

function checkString(node: ScalarNode, shape: Extract<Shape, { type: 'string' }>, path: string, context: Context): void {
  const { value } = node;
  if (typeof value !== 'string') {
    // A duration or size of 0 needs no unit, and Compose takes it unquoted.
    if (value === 0 && (shape.format === 'duration' || shape.format === 'size')) return;
    const wrong = shape.format === undefined || value === null ? undefined : formats[shape.format](String(value));
    // Quotes would not make it right.
    if (wrong !== undefined) return context.problems.error(node.mark, `${subject(path)} (\`${String(value)}\`) ${wrong}`);
    const hint = value === null ? undefined : `Quote it: "${String(value)}".`;
    context.problems.error(node.mark, `${subject(path)} must be text, not ${typeWords(node)}`, { hint });
    return;
  }
  if (shape.values !== undefined && !shape.values.includes(value)) {
    const allowed = shape.values.map((word) => `\`${word}\``).join(', ');
    const near = didYouMean(value, shape.values);
    context.problems.error(
      node.mark,
      `${subject(path)} is \`${value}\`; it must be ${shape.values.length === 1 ? allowed : `one of ${allowed}`}`,
      { hint: near },
    );
    return;
  }
  const wrong = shape.format === undefined ? undefined : formats[shape.format](value);
  if (wrong !== undefined) context.problems.error(node.mark, `${subject(path)} (\`${value}\`) ${wrong}`);
}

function wrongType(node: Node, shape: Shape, path: string, context: Context): void {
  context.problems.error(node.mark, `${subject(path)} must be ${shapeWords(shape)}, not ${typeWords(node)}`);
}

function shapeWords(shape: Shape): string {
  switch (shape.type) {
    case 'any':
      return 'a value';
    case 'null':
      return 'empty';
    case 'string':
    case 'text':
      return 'text';
    case 'integer':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return '`true` or `false`';
    case 'list':
      return 'a list';
    case 'dictionary':
    case 'object':
      return 'a mapping';
    case 'oneOf': {
      const words = [...new Set(shape.shapes.map(shapeWords))];
      return words.length === 1 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
    }
  }
}

function typeWords(node: Node): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'a mapping';
  if (node.value === null) return 'empty';
  if (typeof node.value === 'boolean') return `the boolean \`${String(node.value)}\``;
  if (typeof node.value === 'number') return `the number ${String(node.value)}`;
  return `the text \`${node.value.length > 40 ? `${node.value.slice(0, 39)}…` : node.value}\``;
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function subject(path: string): string {
  return path === '' ? 'the file' : `\`${path}\``;
}
