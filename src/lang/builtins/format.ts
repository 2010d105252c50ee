/** Checks printf formats against the types of their arguments. */
import { integral } from '../types/operators.ts';
import { type Type, typeName } from '../types/type.ts';

const SPECIFIER = /%(?:%|([-+ #0]*)(\d*)(?:\.(\d+))?(hh|h|ll|l|j|z|t)?(rh|rx|r|gr|[a-zA-Z]))/g;
const NUMBERS = 'duxXoiDUcp';
const FLOATS = 'eEfFgG';

export interface FormatSpecifier {
  /** From its % on. */
  readonly text: string;
  readonly conversion: string;
}

export function formatSpecifiers(format: string): FormatSpecifier[] {
  return [...format.matchAll(SPECIFIER)]
    .filter((match) => match[5] !== undefined)
    .map((match) => ({ text: match[0], conversion: match[5]! }));
}

/** What is wrong, or undefined. */
export function checkFormat(format: string, types: readonly Type[], _maxStrlen: number): string | undefined {
  const specifiers = formatSpecifiers(format);
  if (specifiers.length !== types.length) {
    const few = types.length < specifiers.length;
    return `${few ? 'Not enough' : 'Too many'} arguments for format string (${types.length} supplied, ${specifiers.length} expected)`;
  }
  for (const [i, { conversion }] of specifiers.entries()) {
    const type = types[i]!;
    if (!isKnown(conversion))
      return `there is no specifier %${conversion}; numbers are %d, %u and %x, texts %s, bytes %r`;
    if (!accepts(conversion, type))
      return `%${conversion} specifier expects a value of type ${wanted(conversion)} (${typeName(type)} supplied)`;
  }
  return undefined;
}

const isKnown = (conversion: string): boolean =>
  conversion === 's' || conversion === 'gr' || conversion.startsWith('r') || (NUMBERS + FLOATS).includes(conversion);

const TEXTUAL: ReadonlySet<Type['kind']> = new Set([
  'string',
  'buffer',
  'stack',
  'ksym',
  'usym',
  'inet',
  'username',
  'timestamp',
  'mac',
  'cgroupPath',
  'enum',
]);

function accepts(conversion: string, type: Type): boolean {
  if (conversion === 's')
    return TEXTUAL.has(type.kind) ||
      type.kind === 'bool' ||
      type.kind === 'float' ||
      type.kind === 'tuple' ||
      type.kind === 'record' ||
      type.kind === 'array' ||
      type.kind === 'struct'
      ? true
      : integral(type) !== undefined || type.kind === 'pointer';
  if (FLOATS.includes(conversion)) return type.kind === 'float';
  if (conversion.startsWith('r')) return type.kind === 'buffer';
  if (conversion === 'gr') return integral(type) !== undefined;
  if (NUMBERS.includes(conversion))
    return integral(type) !== undefined || type.kind === 'pointer' || type.kind === 'ksym';
  return false;
}

function wanted(conversion: string): string {
  if (conversion === 's') return 'string';
  if (FLOATS.includes(conversion)) return 'float or double';
  if (conversion.startsWith('r')) return 'buffer';
  return conversion === 'p' ? 'pointer' : 'integer';
}
