import type { Plain } from './node.ts';
import { plainScalar } from './scalar.ts';

const safe = /^[A-Za-z0-9_./$(][\w./$@+=()~-]*(?:[ :,][\w./$@+=()~-]+)*$/;
/** Words that some reader of YAML takes for a boolean, and texts that one takes for a date or a number. */
const misread = /^(?:y|n|yes|no|on|off)$|^[-+.\d][\d_.:eExXoO+-]*$|^\d{4}-\d/i;

/** Plain data as YAML in block style; any reader of YAML 1.1 or 1.2 gets the same data back. */
export function toYaml(plain: Plain): string {
  const lines: string[] = [];
  if (isCollection(plain)) writeCollection(plain, '', lines);
  else lines.push(scalarOf(plain));
  return `${lines.join('\n')}\n`;
}

type Collection = readonly Plain[] | { readonly [key: string]: Plain };

function isCollection(plain: Plain): plain is Collection {
  return typeof plain === 'object' && plain !== null && Object.keys(plain).length > 0;
}

function writeCollection(plain: Collection, indent: string, lines: string[]): void {
  if (Array.isArray(plain)) for (const item of plain as readonly Plain[]) writeItem(item, indent, lines);
  else for (const [key, value] of Object.entries(plain)) writeEntry(`${indent}${textOf(key)}:`, value, { indent, lines });
}

function writeEntry(key: string, value: Plain, { indent, lines }: { readonly indent: string; readonly lines: string[] }): void {
  if (!isCollection(value)) {
    lines.push(`${key} ${scalarOf(value)}`);
    return;
  }
  lines.push(key);
  writeCollection(value, `${indent}  `, lines);
}

function writeItem(item: Plain, indent: string, lines: string[]): void {
  if (!isCollection(item)) {
    lines.push(`${indent}- ${scalarOf(item)}`);
    return;
  }
  const first = lines.length;
  writeCollection(item, `${indent}  `, lines);
  lines[first] = `${indent}- ${(lines[first] ?? '').slice(indent.length + 2)}`;
}

function scalarOf(plain: Plain): string {
  if (typeof plain === 'string') return textOf(plain);
  if (typeof plain === 'object' && plain !== null) return Array.isArray(plain) ? '[]' : '{}';
  return String(plain);
}

function textOf(text: string): string {
  if (safe.test(text) && !misread.test(text) && typeof plainScalar(text) === 'string') return text;
  // JSON's escapes are YAML's, save that these two separators must be escaped.
  return JSON.stringify(text)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`)
    .replaceAll('\u0085', String.raw`\u0085`);
}
