/** What a template is filled from: the value of a variable, or undefined when it is unset. */
export type Lookup = (name: string) => string | undefined;

/** A template filled in; `unset` names the variables that became nothing. */
export type Filled =
  | { readonly ok: true; readonly value: string; readonly unset: readonly string[] }
  | { readonly ok: false; readonly required?: string; readonly message: string };

/** The variables that a template names, also inside defaults; `operator` is that after the name, or nothing. */
export function templateVariables(template: string): { readonly name: string; readonly operator: string }[] {
  const found: { name: string; operator: string }[] = [];
  for (const [, brace, name, operator] of template.matchAll(/\$(?:\$|(\{)?([_a-z][_a-z0-9]*)(:?[-+?])?)/gi))
    if (name !== undefined) found.push({ name, operator: brace === undefined ? '' : (operator ?? '') });
  return found;
}

class TemplateError extends Error {
  readonly required: string | undefined;

  constructor(message: string, required?: string) {
    super(message);
    this.required = required;
  }
}

/** Defaults in defaults, deeper than anybody writes them. */
const maxDepth = 100;
/** Longer than any value can be that a program is started with. */
const maxLength = 1_000_000;

const nameAt = /[_a-z][_a-z0-9]*/iy;
const operatorAt = /:?[-+?]/y;

/** Fills `$V`, `${V}`, `${V:-d}`, `${V-d}`, `${V:?e}`, `${V?e}`, `${V:+x}`, `${V+x}` and `$$`, nested, as Compose does. */
export function fillTemplate(template: string, lookup: Lookup): Filled {
  if (!template.includes('$')) return { ok: true, value: template, unset: [] };
  const unset: string[] = [];
  try {
    return { ok: true, value: fill(template, lookup, { unset, depth: 0 }), unset };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { ok: false, message: error.message, ...(error.required === undefined ? {} : { required: error.required }) };
  }
}

/** The variables that became nothing, and how deep inside other defaults this is. */
type Filling = { readonly unset: string[]; readonly depth: number };

function fill(template: string, lookup: Lookup, filling: Filling): string {
  if (filling.depth > maxDepth) throw new TemplateError(`its defaults are nested more than ${String(maxDepth)} levels deep`);
  let out = '';
  let at = 0;
  while (at < template.length) {
    const dollar = template.indexOf('$', at);
    if (dollar === -1) break;
    out += template.slice(at, dollar);
    const next = template[dollar + 1];
    if (next === '$') {
      out += '$';
      at = dollar + 2;
    } else if (next === '{') {
      const end = closingBrace(template, dollar);
      out += braced(template.slice(dollar + 2, end), lookup, filling);
      at = end + 1;
    } else {
      const name = match(nameAt, template, dollar + 1);
      out += name === '' ? '$' : plain(name, lookup, filling);
      at = dollar + 1 + name.length;
    }
  }
  if (out.length > maxLength) throw new TemplateError(`it becomes longer than ${String(maxLength)} characters`);
  return out + template.slice(at);
}

function plain(name: string, lookup: Lookup, { unset }: Filling): string {
  const value = lookup(name);
  if (value === undefined) unset.push(name);
  return value ?? '';
}

function braced(body: string, lookup: Lookup, filling: Filling): string {
  const name = match(nameAt, body, 0);
  if (name === '') throw new TemplateError(`\`\${${shorten(body)}}\` does not start with the name of a variable`);
  if (name.length === body.length) return plain(name, lookup, filling);
  const operator = match(operatorAt, body, name.length);
  if (operator === '') throw new TemplateError(`\`\${${shorten(body)}}\` is not a form that Compose knows after \`${name}\``);
  const rest = body.slice(name.length + operator.length);
  const value = lookup(name);
  const deeper = { ...filling, depth: filling.depth + 1 };
  const present = value !== undefined && (operator.length === 1 || value !== '');
  switch (operator.at(-1) ?? '') {
    case '-':
      return present ? value : fill(rest, lookup, deeper);
    case '+':
      return present ? fill(rest, lookup, deeper) : (value ?? '');
    default:
      if (present) return value;
      throw new TemplateError(requiredMessage(name, operator, fill(rest, lookup, deeper)), name);
  }
}

function requiredMessage(name: string, operator: string, message: string): string {
  const state = operator === ':?' ? 'unset or empty' : 'unset';
  return `the variable \`${name}\` is required but ${state}${message === '' ? '' : `: ${message}`}`;
}

/** The brace that closes the one after `dollar`; when none balances it, the last one there is, as in Compose. */
function closingBrace(template: string, dollar: number): number {
  let depth = 0;
  for (let at = dollar; at < template.length; at++) {
    if (template[at] === '{') depth++;
    if (template[at] === '}' && --depth === 0) return at;
  }
  const last = template.lastIndexOf('}');
  if (last > dollar) return last;
  throw new TemplateError(`\`${shorten(template.slice(dollar))}\` has no closing brace`);
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
