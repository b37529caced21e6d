import { asInService } from './idle-keys.ts';
import type { Field, Shape } from './shape.ts';
import { root } from './root.ts';

/** A JSON Schema, as editors read it. */
export type JsonSchema = { readonly [key: string]: unknown };

/** The JSON Schema (draft 2020-12) of the application file: Compose's keys and `x-berth`, with what berth does with each. */
export function toJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'berth application file',
    description: 'A Compose file, with `x-berth` for what Compose has no word for.',
    ...schemaOf(root),
  };
}

function schemaOf(shape: Shape): JsonSchema {
  switch (shape.type) {
    case 'any':
      return {};
    case 'null':
      return { type: 'null' };
    case 'text':
      return { type: ['string', 'number', 'boolean', 'null'] };
    case 'string':
      return { type: 'string', ...(shape.values === undefined ? {} : { enum: shape.values }) };
    // Text stands for a number or a boolean too, since a variable may give it.
    case 'integer':
    case 'number':
      return { type: [shape.type, 'string'], ...limits(shape) };
    case 'boolean':
      return { type: ['boolean', 'string'] };
    case 'list':
      return { type: 'array', items: schemaOf(shape.of) };
    case 'dictionary':
      return { type: 'object', additionalProperties: schemaOf(shape.of) };
    case 'object':
      return objectSchema(shape);
    case 'oneOf':
      return { anyOf: shape.shapes.map(schemaOf) };
  }
}

function limits(shape: { readonly min?: number; readonly max?: number }): JsonSchema {
  return { ...(shape.min === undefined ? {} : { minimum: shape.min }), ...(shape.max === undefined ? {} : { maximum: shape.max }) };
}

function objectSchema(shape: Extract<Shape, { type: 'object' }>): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(shape.keys).map(([key, field]) => [key, { ...keySchema(key, field), description: describe(field) }]),
    ),
    patternProperties: { '^x-': {} },
    additionalProperties: false,
    ...(shape.required === undefined || shape.required.length === 0 ? {} : { required: shape.required }),
  };
}

/** What is as in a service is there already. */
function keySchema(key: string, field: Field): JsonSchema {
  if (field.how !== asInService) return schemaOf(field.shape);
  return { $ref: `#/properties/services/additionalProperties/properties/${key}` };
}

function describe(field: Field): string {
  if (field.effect === 'acts') return field.how;
  return field.effect === 'reported' ? `No effect: ${field.how}` : `Not built yet. ${field.how}`;
}
