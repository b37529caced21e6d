/** What a value in the application file may look like. Validation, editors' JSON Schema and the reference page are made from it. */
export type Shape =
  | { readonly type: 'any' }
  | { readonly type: 'null' }
  | { readonly type: 'string'; readonly format?: Format; readonly values?: readonly string[] }
  /** Text, a number, a boolean or null: a value of an environment or label map. */
  | { readonly type: 'text' }
  | { readonly type: 'integer'; readonly min?: number; readonly max?: number }
  | { readonly type: 'number'; readonly min?: number; readonly max?: number }
  | { readonly type: 'boolean' }
  | { readonly type: 'list'; readonly of: Shape }
  | { readonly type: 'dictionary'; readonly of: Shape; readonly keys?: Format }
  | { readonly type: 'object'; readonly keys: Readonly<Record<string, Field>>; readonly required?: readonly string[] }
  | { readonly type: 'oneOf'; readonly shapes: readonly Shape[] };

/** Kinds of text with rules of their own; `format.ts` knows them. */
export type Format =
  | 'duration'
  | 'size'
  | 'name'
  | 'image'
  | 'ip'
  | 'port'
  | 'mapped-port'
  | 'exposed-port'
  | 'volume'
  | 'device'
  | 'assignment'
  | 'host'
  | 'pull-policy'
  | 'restart'
  | 'container-name'
  | 'http-path'
  | 'route-host'
  | 'command'
  | 'route'
  | 'route-path'
  | 'address-range'
  | 'header-name'
  | 'header-value'
  | 'cookie-name'
  | 'redirect'
  | 'rate'
  | 'page-status'
  | 'id'
  | 'toggle'
  | 'mode';

/**
 * What berth does with a key. `acts`: it does what the Compose Specification says. `reported`: it is accepted and said
 * to have no effect (an error with `--strict`). `refused`: ignoring it would deploy the wrong thing, so it is an error.
 */
export type Effect = 'acts' | 'reported' | 'refused';

/** One key of a mapping: its shape, what berth does with it, and in words how. */
export type Field = { readonly shape: Shape; readonly effect: Effect; readonly how: string };

/** A key that does what the specification says. */
export const acts = (shape: Shape, how: string): Field => ({ shape, effect: 'acts', how });
/** A key that is accepted and listed as having no effect. */
export const reported = (shape: Shape, how: string): Field => ({ shape, effect: 'reported', how });
/** A key that is known but not built yet, and that must not be ignored. */
export const refused = (shape: Shape, how: string): Field => ({ shape, effect: 'refused', how });

export const any: Shape = { type: 'any' };
export const nothing: Shape = { type: 'null' };
export const string: Shape = { type: 'string' };
export const text: Shape = { type: 'text' };
export const boolean: Shape = { type: 'boolean' };
export const integer: Shape = { type: 'integer' };
export const number: Shape = { type: 'number' };
export const duration: Shape = { type: 'string', format: 'duration' };

/** Text of a kind. */
export const formatted = (format: Format): Shape => ({ type: 'string', format });
/** One of some words. */
export const oneOfWords = (...values: string[]): Shape => ({ type: 'string', values });
/** A whole number in a range. */
export const integerFrom = (min: number, max?: number): Shape => ({ type: 'integer', min, ...(max === undefined ? {} : { max }) });
export const listOf = (of: Shape): Shape => ({ type: 'list', of });
export const dictionaryOf = (of: Shape, keys?: Format): Shape => ({ type: 'dictionary', of, ...(keys === undefined ? {} : { keys }) });
export const object = (keys: Readonly<Record<string, Field>>, required: readonly string[] = []): Shape => ({
  type: 'object',
  keys,
  required,
});
export const either = (...shapes: Shape[]): Shape => ({ type: 'oneOf', shapes });

/** Bytes, as a number or with a unit. */
export const size = either(integer, formatted('size'));
/** One text or a list of them. */
export const stringOrList = either(string, listOf(string));
/** `KEY=value` lines or a map. */
export const assignments = either(dictionaryOf(text), listOf(formatted('assignment')));
/** A command: one line, or a list of words. */
export const command = either(nothing, formatted('command'), listOf(string));
