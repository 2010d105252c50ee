/** Reads tracefs `format` files: the fields of a tracepoint's context as a struct. */
import { arrayOf, charArray, type Field, intType, pointerTo, type StructType, type Type, VOID } from '../types/type.ts';
import type { TypeSpace } from '../types/type-space.ts';

const FIELD = /^\s*field:(.+?)\s*;\s*offset:(\d+);\s*size:(\d+);\s*(?:signed:(\d);)?/gm;

export function tracepointStruct(category: string, event: string, format: string, types: TypeSpace): StructType {
  // System call arguments are addresses of the caller; other events speak of kernel memory.
  const space = category === 'syscalls' ? 'user' : 'kernel';
  const fields: Field[] = [];
  for (const [, declaration, offset, size, signed] of format.matchAll(FIELD)) {
    fields.push(fieldOf(declaration!, Number(offset), Number(size), signed === '1', space, types));
  }
  const size = fields.reduce((end, field, i) => Math.max(end, field.offset + sizes(format)[i]!), 0);
  return { kind: 'struct', name: `struct _tracepoint_${category}_${event}`, size, align: 8, fields: () => fields };
}

const sizes = (format: string): number[] => [...format.matchAll(FIELD)].map((match) => Number(match[3]));

function fieldOf(
  declaration: string,
  offset: number,
  size: number,
  signed: boolean,
  space: 'kernel' | 'user',
  types: TypeSpace,
): Field {
  const dataLoc = declaration.startsWith('__data_loc');
  const text = declaration.replace(/^__(?:data|rel)_loc\s+/, '');
  const array = /\[(\d*)\w*\]\s*(\w*)$/.exec(text) ?? /(\w+)\[([^\]]*)\]$/.exec(text);
  const name = /(\w+)(?:\[[^\]]*\])?$/.exec(text)?.[1] ?? text;
  if (dataLoc) return { name, offset, dataLoc: true, type: dataLocType(text) };
  if (array) return { name, offset, type: arrayType(text, size) };
  return { name, offset, type: scalarType(text.replace(/\w+$/, '').trim(), size, signed, space, types) };
}

/** Text or bytes of a length known only when the event fires. */
function dataLocType(text: string): Type {
  const char = /^(?:const\s+)?(?:char|u8|__u8|unsigned char)\b/.test(text);
  return char ? pointerTo(intType(1, true), 'kernel') : pointerTo(VOID, 'kernel');
}

function arrayType(text: string, size: number): Type {
  const length = Number(/\[(\d+)\]/.exec(text)?.[1] ?? 0);
  const element = length > 0 ? size / length : 1;
  if (element === 1 && /^(?:const\s+)?char\b/.test(text)) return charArray(size);
  const width = element === 2 || element === 4 || element === 8 ? element : 1;
  return arrayOf(intType(width, !/(?:\b|__)u(?:nsigned|\d|int)/.test(text)), size / width);
}

function scalarType(ctype: string, size: number, signed: boolean, space: 'kernel' | 'user', types: TypeSpace): Type {
  if (ctype.endsWith('*')) {
    const to = pointee(ctype.replace(/\*\s*$/, '').trim(), space, types);
    return pointerTo(to, space);
  }
  const tagged = /^(struct|union|enum)\s+(\w+)$/.exec(ctype);
  const named = tagged
    ? types.tagged(tagged[1] as 'struct' | 'union' | 'enum', tagged[2]!)
    : types.named(ctype.replace(/^const\s+/, ''));
  if (named?.kind === 'bool' || (named?.kind === 'enum' && named.size === size)) return named;
  if (named?.kind === 'struct' && named.size === size) return named;
  return intType(size === 1 || size === 2 || size === 4 ? size : 8, signed);
}

function pointee(ctype: string, space: 'kernel' | 'user', types: TypeSpace): Type {
  const plain = ctype.replace(/\bconst\b/g, '').trim();
  if (plain.endsWith('*')) return pointerTo(pointee(plain.replace(/\*\s*$/, '').trim(), space, types), space);
  const tagged = /^(struct|union|enum)\s+(\w+)$/.exec(plain);
  return (tagged ? types.tagged(tagged[1] as 'struct' | 'union' | 'enum', tagged[2]!) : types.named(plain)) ?? VOID;
}
