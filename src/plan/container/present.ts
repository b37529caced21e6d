/** A body of the Engine API, in its own spelling. */
export type Json = Record<string, unknown>;

/** Keeps only what is there: the engine takes an absent field for its default. */
export function present(fields: Json): Json {
  return Object.fromEntries(
    Object.entries(fields).filter(([, v]) => v !== undefined && !(Array.isArray(v) && v.length === 0) && !isEmptyObject(v)),
  );
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
