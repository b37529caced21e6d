import type { Scalar } from './node.ts';

const integer = /^[-+]?(?:0b[01_]+|0o?[0-7_]*|0x[0-9a-f_]+|[1-9][0-9_]*)$/i;
const decimal = /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:e[-+]?[0-9]+)?$/i;

/**
 * The value of an unquoted YAML scalar, as Compose reads it (YAML 1.2 core, with the older spellings of numbers that
 * Go's library still takes: `0440` is octal, `1_000` is a thousand). `yes`, `on` and the like stay text.
 */
export function plainScalar(text: string): Scalar {
  const first = text.charCodeAt(0);
  if (Number.isNaN(first)) return null;
  if (isNumberStart(first)) return plainNumber(text);
  switch (text) {
    case '~':
    case 'null':
    case 'Null':
    case 'NULL':
      return null;
    case 'true':
    case 'True':
    case 'TRUE':
      return true;
    case 'false':
    case 'False':
    case 'FALSE':
      return false;
    default:
      return text;
  }
}

function isNumberStart(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 43 || code === 45 || code === 46;
}

function plainNumber(text: string): Scalar {
  if (integer.test(text)) return plainInteger(text);
  if (decimal.test(text)) return Number(text.replaceAll('_', ''));
  return text;
}

function plainInteger(text: string): Scalar {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '').toLowerCase();
  const value = Number(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  // Beyond 2^53 a number would lose digits; as text it keeps them.
  if (!Number.isSafeInteger(value)) return text;
  return negative && value !== 0 ? -value : value;
}

/** A scalar as the text that a container sees in its environment or labels: numbers as Go prints them. */
export function scalarText(value: Scalar): string {
  if (value === null) return '';
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  return goFloat(value);
}

/** A fraction in Go's `%v`: the shortest digits, with an exponent below 1e-4 and from 1e+06. */
export function goFloat(value: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return plainDecimal(mantissa, power);
  const sign = power < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}

function plainDecimal(mantissa: string, power: number): string {
  const negative = mantissa.startsWith('-');
  const digits = mantissa.replace(/[-.]/g, '');
  const whole = power < 0 ? '0' : digits.slice(0, power + 1).padEnd(power + 1, '0');
  const rest = power < 0 ? '0'.repeat(-power - 1) + digits : digits.slice(power + 1);
  return `${negative ? '-' : ''}${whole}${rest === '' ? '' : `.${rest}`}`;
}
