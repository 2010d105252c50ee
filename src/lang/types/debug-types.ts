/** Types of the language made from a user program's debug information, each once and its fields only when asked for. */
// The reader of debug information is for those who have some.
import { ENCODING as DWARF_ENCODING } from '../../bpf/dwarf/constants.ts';
import { type StructType as DwarfStruct, type DwarfType, type Member, peel } from '../../bpf/dwarf/type.ts';
import { bitField } from './btf-types.ts';
import {
  arrayOf,
  BOOL,
  charArray,
  type Field,
  intType,
  pointerTo,
  type StructType,
  type Type,
  UINT64,
  VOID,
} from './type.ts';

type IntSize = 1 | 2 | 4 | 8;

/** What a program's debug information is asked for. */
export interface DebugNames {
  findType(kind: 'struct' | 'union' | 'enum' | 'name', name: string): DwarfType | undefined;
}

const known = new WeakMap<DwarfType, Type>();

export function debugType(type: DwarfType): Type {
  const whole = peel(type);
  let found = known.get(whole);
  if (found === undefined) {
    // A type that contains itself without a pointer is damage.
    known.set(whole, VOID);
    found = convert(whole);
    known.set(whole, found);
  }
  return found;
}

function convert(type: ReturnType<typeof peel>): Type {
  switch (type.kind) {
    case 'void':
    case 'function':
      return VOID;
    case 'base': {
      if (type.encoding === DWARF_ENCODING.boolean) return BOOL;
      if (type.encoding === DWARF_ENCODING.float && (type.size === 4 || type.size === 8)) {
        return { kind: 'float', size: type.size };
      }
      const signed = type.encoding === DWARF_ENCODING.signed || type.encoding === DWARF_ENCODING.signedChar;
      return type.size > 8 ? arrayOf(UINT64, Math.ceil(type.size / 8)) : intType(intSize(type.size), signed);
    }
    case 'enum': {
      const names = new Map(type.values().map(({ name, value }) => [value, name]));
      if (type.name === '') return intType(intSize(type.size), type.signed);
      return { kind: 'enum', name: type.name, size: intSize(type.size), signed: type.signed, names };
    }
    case 'pointer':
      return pointerTo(debugType(type.to), 'user');
    case 'array': {
      const of = debugType(type.of);
      return of.kind === 'int' && of.size === 1 ? charArray(type.length) : arrayOf(of, type.length);
    }
    case 'struct':
      return struct(type);
  }
}

/** Built without fields, so circles end. */
function struct(type: DwarfStruct): StructType {
  let fields: readonly Field[] | undefined;
  const read = () => (fields ??= type.members().map(field));
  return {
    kind: 'struct',
    // C++ lets a class be called a struct, C scripts know nothing else.
    name: `${type.tag === 'union' ? 'union' : 'struct'} ${type.name}`,
    get size() {
      return type.size;
    },
    get align() {
      return read().reduce<IntSize>((most, { type: of }) => (alignOf(of) > most ? alignOf(of) : most), 1);
    },
    fields: read,
  };
}

function field({ name, type, offsetBits, bitSize }: Member): Field {
  const own = debugType(type);
  return bitSize > 0 ? bitField(name, own, offsetBits, bitSize) : { name, offset: offsetBits / 8, type: own };
}

function alignOf(type: Type): IntSize {
  switch (type.kind) {
    case 'int':
    case 'enum':
      return type.size;
    case 'pointer':
      return 8;
    case 'array':
      return alignOf(type.of);
    case 'struct':
      return type.align;
    default:
      return 1;
  }
}

const intSize = (size: number): IntSize => (size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1);
