/**
 * A model of Compose without what only its printing adds or gets wrong: keys without a value, defaults that are written out, and
 * names in capitals. What is left must be the same in berth's.
 */
export function normal(model: unknown): unknown {
  if (Array.isArray(model)) return model.map(normal);
  if (!isRecord(model)) return model;
  const entries = Object.entries(model)
    .map(([key, value]): [string, unknown] => [/^(?:Path|Rate|Weight)$/.test(key) ? key.toLowerCase() : key, normalOf(key, value)])
    .filter(([key, value]) => !isNothing(key, value));
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function normalOf(key: string, value: unknown): unknown {
  if (key === 'ssh' && isRecord(value) && !Array.isArray(value)) return Object.keys(value);
  // Compose prints a host twice that two layers spell differently; their order means nothing.
  if (key === 'extra_hosts' && Array.isArray(value)) return new Set(value);
  return key === 'count' && value === 'all' ? -1 : normal(value);
}

/** Keys that Compose leaves out where they say what is so without them. */
const unprinted: ReadonlySet<string> = new Set([
  'tty',
  'stdin_open',
  'read_only',
  'privileged',
  'disable',
  'restart',
  'soft',
  'hard',
  'user',
  'environment',
  'max_failure_ratio',
  'parallelism',
  'oom_score_adj',
  'monitor',
  'delay',
  'hostname',
  'published',
  'nocopy',
  'internal',
  'priority',
]);

/** Keys whose absence means the same. */
function isNothing(key: string, value: unknown): boolean {
  if (key.startsWith('x-') || key === 'create_host_path') return true;
  if (['command', 'entrypoint'].includes(key) && value === null) return true;
  // docker compose 2.26 writes an `exec` into every rule of `develop.watch`.
  if (key === 'exec' && isEmpty(value)) return true;
  if (unprinted.has(key) && (value === false || value === 0 || value === '' || value === '0s' || isEmpty(value))) return true;
  return ['ipam', 'resources', 'placement', 'profiles', 'options', 'networks', 'depends_on'].includes(key) && isEmpty(value);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
