const durationUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of a duration such as `1m30s`, `2.5s`, `0`; undefined when it is not one. */
export function durationMs(text: string): number | undefined {
  const exact = exactMs(text);
  return exact === undefined ? undefined : Math.round(exact);
}

/** A duration as Go prints it (`90s` is `1m30s`, `1h` is `1h0m0s`); undefined when it is not one. */
export function goDuration(text: string): string | undefined {
  const ms = exactMs(text);
  if (ms === undefined) return undefined;
  if (ms === 0) return '0s';
  if (ms < 1e-3) return `${String(Math.round(ms * 1e6))}ns`;
  if (ms < 1) return `${String(round(ms * 1e3))}µs`;
  if (ms < 1000) return `${String(round(ms))}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = `${String(round((ms % 60_000) / 1000))}s`;
  if (hours > 0) return `${String(hours)}h${String(minutes)}m${seconds}`;
  return minutes > 0 ? `${String(minutes)}m${seconds}` : seconds;
}

/** Without the last digits, in which binary fractions differ from decimal ones. */
function round(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}

function exactMs(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h|d|w)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h|d|w))*$/.test(text))
    return undefined;
  let total = 0;
  for (const [, amount = '0', unit = ''] of text.matchAll(/([\d.]+)([a-zµ]+)/g)) total += Number(amount) * (durationUnits[unit] ?? 0);
  return total;
}

const byteUnits = 'bkmgtp';

/** Bytes of a size such as `512m`, `1.5gb`, `1073741824`, `-1`; undefined when it is not one. Units are powers of 1024. */
export function sizeBytes(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  if (/^-?\d+$/.test(value)) return Number(value);
  const parts = /^(\d+(?:\.\d+)?)\s?([bkmgtp])?(?:i?b)?$/i.exec(value.trim());
  if (parts === null) return undefined;
  const power = parts[2] === undefined ? 0 : byteUnits.indexOf(parts[2].toLowerCase());
  const bytes = Math.floor(Number(parts[1]) * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A boolean written as one, or as the text that Compose takes for one. */
export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  const text = value.toLowerCase();
  if (['true', 'yes', 'y', 'on'].includes(text)) return true;
  if (['false', 'no', 'n', 'off'].includes(text)) return false;
  return undefined;
}
