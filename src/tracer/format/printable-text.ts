/** Text of a value: tuples and records with spaces after their commas, arrays without, as bpftrace 0.26.1 prints them. */
import { escaped } from './hex.ts';
import type { ByteText, Printable } from './printable.ts';

/** `plus`: signed numbers that are not negative get a sign (printf's + flag). */
export function textOf(value: Printable, plus = false): ByteText {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value === null) return 'null';
  switch (value.kind) {
    case 'int':
      return plus && value.signed && value.value >= 0n ? `+${value.value}` : value.value.toString();
    case 'float':
      return plus && value.value >= 0 ? `+${value.text}` : value.text;
    case 'symbol':
      return value.text;
    case 'array':
      return `[${value.of.map((element) => textOf(element, plus)).join(',')}]`;
    case 'tuple':
      return `(${value.of.map((element) => textOf(element, plus)).join(', ')})`;
    case 'record':
      if (value.fields.length === 0) return '{}';
      return `{ ${value.fields.map(([name, field]) => `.${name} = ${textOf(field, plus)}`).join(', ')} }`;
    case 'buffer':
      return escaped(value.bytes);
  }
}

/** How much of a value's text a field width applies to: of composite values only what opens them. */
export function widthApplies(value: Printable, text: ByteText): number {
  if (value === null || typeof value !== 'object') return text.length;
  if (value.kind === 'array' || value.kind === 'tuple') return 1;
  return value.kind === 'record' ? 2 : text.length;
}

/** A map's key between its brackets: the parentheses of a tuple are left out. */
export function keyText(key: Printable): ByteText {
  const text = textOf(key);
  return text.length >= 2 && text.startsWith('(') && text.endsWith(')') ? text.slice(1, -1) : text;
}
