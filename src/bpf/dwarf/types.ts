/** Makes types of the entries that describe them, each once. */
import { AT, ENCODING, TAG } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import type { Entry } from './entry.ts';
import { isVariadic, typeEntry } from './functions.ts';
import {
  type BaseType,
  type DwarfType,
  type Member,
  type PointerType,
  peel,
  type QualifiedType,
  type StructType,
} from './type.ts';
import type { Unit } from './unit.ts';

const VOID: DwarfType = { kind: 'void' };
/** An array of more dimensions would be damage. */
const MAX_DIMENSIONS = 32;
const POINTER_SIZE = 8;

export const STRUCT_TAGS: Readonly<Record<number, StructType['tag']>> = {
  [TAG.structure]: 'struct',
  [TAG.union]: 'union',
  [TAG.class]: 'class',
};
const SIGILS: Readonly<Record<number, PointerType['sigil']>> = {
  [TAG.pointer]: '*',
  [TAG.reference]: '&',
  [TAG.rvalueReference]: '&&',
};
const QUALIFIERS: Readonly<Record<number, QualifiedType['qualifier']>> = {
  [TAG.const]: 'const',
  [TAG.volatile]: 'volatile',
  [TAG.restrict]: 'restrict',
  [TAG.atomic]: '_Atomic',
};

/** Finds the definition of a struct that its own unit only declares. */
export type FindDefinition = (tag: StructType['tag'], name: string, from: Unit) => Entry | undefined;

export class TypeReader {
  readonly #find: FindDefinition;
  readonly #known = new Map<Unit, Map<number, DwarfType>>();

  constructor(find: FindDefinition) {
    this.#find = find;
  }

  of(entry: Entry | undefined): DwarfType {
    if (entry === undefined) return VOID;
    const known = this.#known.get(entry.unit) ?? new Map<number, DwarfType>();
    this.#known.set(entry.unit, known);
    const type = known.get(entry.offset) ?? this.#read(entry);
    known.set(entry.offset, type);
    return type;
  }

  /** The type of a member, parameter, or of what a function returns. */
  typeOf(entry: Entry): DwarfType {
    return this.of(typeEntry(entry));
  }

  #read(stub: Entry): DwarfType {
    // Where types have units of their own, what refers to one by its signature stands in its place.
    const entry = stub.entry(AT.signature) ?? stub;
    const { tag } = entry;
    const sigil = SIGILS[tag];
    const qualifier = QUALIFIERS[tag];
    const struct = STRUCT_TAGS[tag];
    if (sigil !== undefined) return this.#pointer(entry, sigil);
    if (struct !== undefined) return this.#struct(entry, struct);
    if (qualifier !== undefined) return this.#around(entry, { kind: 'qualified', qualifier });
    switch (tag) {
      case TAG.baseType:
        return base(entry);
      case TAG.typedef:
        return this.#around(entry, { kind: 'typedef', name: entry.text(AT.name) ?? '' });
      case TAG.enumeration:
        return this.#enum(entry);
      case TAG.array:
        return this.#array(entry);
      case TAG.functionType:
        return this.#function(entry);
      case TAG.memberPointer:
        return { kind: 'base', name: '', size: sizeOf(entry) || POINTER_SIZE, encoding: ENCODING.unsigned };
      default:
        return VOID;
    }
  }

  /** A layer around another type, which is read only when asked for: types go in circles. */
  #around<T extends object>(entry: Entry, layer: T): T & { readonly of: DwarfType } {
    const reader = this;
    return {
      ...layer,
      get of() {
        return reader.of(entry.entry(AT.type));
      },
    };
  }

  #pointer(entry: Entry, sigil: PointerType['sigil']): DwarfType {
    const reader = this;
    return {
      kind: 'pointer',
      sigil,
      size: sizeOf(entry) || entry.unit.header.addressSize,
      get to() {
        return reader.of(entry.entry(AT.type));
      },
    };
  }

  #struct(entry: Entry, tag: StructType['tag']): DwarfType {
    const name = entry.text(AT.name) ?? '';
    const complete = () =>
      (entry.flag(AT.declaration) && name ? this.#find(tag, name, entry.unit) : undefined) ?? entry;
    let members: readonly Member[] | undefined;
    return {
      kind: 'struct',
      tag,
      name,
      get size() {
        return sizeOf(complete());
      },
      members: () => (members ??= this.#members(complete())),
    };
  }

  #members(struct: Entry): Member[] {
    const members: Member[] = [];
    for (const child of struct.children()) {
      const isMember = child.tag === TAG.member || child.tag === TAG.inheritance;
      // Static members are declarations only.
      if (!isMember || child.flag(AT.declaration) || child.flag(AT.external)) continue;
      const member = this.#member(child);
      if (member) members.push(member);
    }
    return members;
  }

  /** undefined for what lies where only the running program knows: virtual bases. */
  #member(entry: Entry): Member | undefined {
    const offset = memberOffset(entry);
    const type = this.typeOf(entry);
    const name = entry.tag === TAG.inheritance ? '' : (entry.text(AT.name) ?? '');
    const bitSize = entry.number(AT.bitSize) ?? 0;
    if (bitSize > 0) return { name, type, bitSize, offsetBits: bitFieldOffset(entry, type, offset ?? 0, bitSize) };
    return offset === undefined ? undefined : { name, type, bitSize, offsetBits: offset * 8 };
  }

  #enum(entry: Entry): DwarfType {
    const values = once(() => enumerators(entry));
    const under = once(() => this.#integer(entry.entry(AT.type)));
    return {
      kind: 'enum',
      name: entry.text(AT.name) ?? '',
      get size() {
        return sizeOf(entry) || (under()?.size ?? 4);
      },
      get signed() {
        const integer = under();
        return integer ? isSigned(integer.encoding) : values().some(({ value }) => value < 0n);
      },
      values,
    };
  }

  /** The type that an enum is stored as, where the compiler says it. */
  #integer(entry: Entry | undefined): BaseType | undefined {
    const type = entry?.tag === TAG.enumeration ? undefined : peel(this.of(entry));
    return type?.kind === 'base' ? type : undefined;
  }

  #array(entry: Entry): DwarfType {
    const lengths = [...entry.children()].filter(({ tag }) => tag === TAG.subrange).map(lengthOf);
    const dimension = (i: number): DwarfType => {
      const reader = this;
      return {
        kind: 'array',
        length: lengths[i] ?? 0,
        get of() {
          return i + 1 < Math.min(lengths.length, MAX_DIMENSIONS) ? dimension(i + 1) : reader.of(entry.entry(AT.type));
        },
      };
    };
    return dimension(0);
  }

  #function(entry: Entry): DwarfType {
    const reader = this;
    return {
      kind: 'function',
      variadic: isVariadic(entry),
      get returns() {
        return reader.of(entry.entry(AT.type));
      },
      get parameters() {
        return [...entry.children()].filter(({ tag }) => tag === TAG.parameter).map((child) => reader.typeOf(child));
      },
    };
  }
}

const sizeOf = (entry: Entry): number => entry.number(AT.byteSize) ?? 0;

export const isSigned = (encoding: number): boolean => encoding === ENCODING.signed || encoding === ENCODING.signedChar;

function base(entry: Entry): DwarfType {
  const encoding = entry.number(AT.encoding) ?? ENCODING.unsigned;
  return { kind: 'base', name: entry.text(AT.name) ?? '', size: sizeOf(entry), encoding };
}

function enumerators(entry: Entry): { name: string; value: bigint }[] {
  return [...entry.children()]
    .filter(({ tag }) => tag === TAG.enumerator)
    .map((child) => ({ name: child.text(AT.name) ?? '', value: child.constant(AT.constValue) ?? 0n }));
}

function lengthOf(subrange: Entry): number {
  const count = subrange.number(AT.count);
  const last = subrange.number(AT.upperBound);
  return Math.max(0, count ?? (last === undefined ? 0 : last + 1));
}

const DW_OP_PLUS_UCONST = 0x23;

/** A number; in version 2 an expression that adds one. */
function memberOffset(entry: Entry): number | undefined {
  const expression = entry.block(AT.memberLocation);
  if (expression?.[0] === DW_OP_PLUS_UCONST) return new DwarfCursor(expression, 'member location', 1).uleb();
  if (expression) return undefined;
  return entry.number(AT.memberLocation) ?? 0;
}

/** From the start (version 4), or counted from the high end of the unit that holds it (before). */
function bitFieldOffset(entry: Entry, type: DwarfType, offset: number, bitSize: number): number {
  const fromStart = entry.number(AT.dataBitOffset);
  if (fromStart !== undefined) return fromStart;
  const fromHigh = entry.number(AT.bitOffset);
  if (fromHigh === undefined) return offset * 8;
  const whole = peel(type);
  const size = sizeOf(entry) || ('size' in whole ? whole.size : 0);
  return (offset + size) * 8 - fromHigh - bitSize;
}

function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | undefined;
  return () => {
    found ??= { value: find() };
    return found.value;
  };
}
