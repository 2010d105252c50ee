/** The basic types of C on 64-bit Linux: their one spelling and their sizes. */
import type { CType } from '../ast.ts';

const POINTER_BYTES = 8n;

/** Bytes of the basic types on 64-bit Linux, for sizeof in array lengths. */
const SIZES: Readonly<Record<string, bigint>> = {
  char: 1n,
  'signed char': 1n,
  'unsigned char': 1n,
  _Bool: 1n,
  short: 2n,
  'unsigned short': 2n,
  int: 4n,
  'unsigned int': 4n,
  float: 4n,
  long: 8n,
  'unsigned long': 8n,
  'long long': 8n,
  'unsigned long long': 8n,
  double: 8n,
};

/** One spelling for each basic type, whatever the order of its words: `long unsigned int` is "unsigned long". */
export function canonicalName(words: readonly string[]): string {
  const has = (word: string) => words.includes(word);
  const unsigned = has('unsigned') ? 'unsigned ' : '';
  const longs = words.filter((word) => word === 'long').length;
  if (has('char')) return unsigned ? 'unsigned char' : has('signed') ? 'signed char' : 'char';
  if (has('short')) return `${unsigned}short`;
  if (has('double')) return longs > 0 ? 'long double' : 'double';
  if (has('__int128')) return `${unsigned}__int128`;
  if (longs > 0) return unsigned + 'long '.repeat(longs).trimEnd();
  const other = words.find((word) => !['int', 'unsigned', 'signed', '__signed__', '_Complex'].includes(word));
  if (other) return other === 'bool' ? '_Bool' : other;
  return `${unsigned}int`;
}

/** Undefined for what only a layout of structs can tell. */
export function sizeOf(type: CType): bigint | undefined {
  if (type.kind === 'c-pointer') return POINTER_BYTES;
  if (type.kind === 'c-base') return SIZES[type.name];
  if (type.kind === 'c-enum' || (type.kind === 'c-reference' && type.tag === 'enum')) return SIZES.int;
  if (type.kind !== 'c-array') return undefined;
  const element = sizeOf(type.element);
  return element === undefined ? undefined : element * BigInt(type.length);
}
