/** Types of the script's own C definitions (struct, union, enum, typedef at its top), laid out as C does on 64 bits. */
import { alignUp } from '../../base/record.ts';
import type { CDefinition, CEnum, CField, CRecord, CType } from '../syntax/ast.ts';
import { bitField } from './btf-types.ts';
import {
  arrayOf,
  BOOL,
  charArray,
  type EnumType,
  type Field,
  intType,
  NONE,
  pointerTo,
  type StructType,
  type Type,
  VOID,
} from './type.ts';

type Align = 1 | 2 | 4 | 8;

const BASIC: Readonly<Record<string, Type>> = {
  void: VOID,
  bool: BOOL,
  _Bool: BOOL,
  char: intType(1, true),
  'signed char': intType(1, true),
  'unsigned char': intType(1, false),
  short: intType(2, true),
  'unsigned short': intType(2, false),
  int: intType(4, true),
  'unsigned int': intType(4, false),
  long: intType(8, true),
  'unsigned long': intType(8, false),
  'long long': intType(8, true),
  'unsigned long long': intType(8, false),
  float: { kind: 'float', size: 4 },
  double: { kind: 'float', size: 8 },
  ...Object.fromEntries(
    [1, 2, 4, 8].flatMap((size) => {
      const bits = size * 8;
      const signed = intType(size as Align, true);
      const unsigned = intType(size as Align, false);
      return [
        [`int${bits}`, signed],
        [`uint${bits}`, unsigned],
        [`int${bits}_t`, signed],
        [`uint${bits}_t`, unsigned],
        [`s${bits}`, signed],
        [`u${bits}`, unsigned],
        [`__s${bits}`, signed],
        [`__u${bits}`, unsigned],
      ];
    }),
  ),
  size_t: intType(8, false),
  ssize_t: intType(8, true),
  uintptr_t: intType(8, false),
  intptr_t: intType(8, true),
  pid_t: intType(4, true),
  uid_t: intType(4, false),
  gid_t: intType(4, false),
  off_t: intType(8, true),
  time_t: intType(8, true),
};

/** C's own words for types, the fixed-size names of C and of this language. */
export const basicType = (name: string): Type | undefined => BASIC[name];

/** Where names that the script does not define are looked up. */
export interface OuterTypes {
  tagged(tag: 'struct' | 'union' | 'enum', name: string): Type | undefined;
  named(name: string): Type | undefined;
}

export class CTypes {
  readonly #tagged = new Map<string, Type>();
  readonly #typedefs = new Map<string, CType>();
  readonly #members = new Map<string, { type: Type; value: bigint }>();
  readonly #outer: OuterTypes;

  constructor(definitions: readonly CDefinition[], outer: OuterTypes) {
    this.#outer = outer;
    for (const definition of definitions) {
      if (definition.kind === 'c-record' || definition.kind === 'c-enum') this.#define(definition);
      else if (definition.kind === 'c-typedef') {
        this.#define(definition.type);
        this.#typedefs.set(definition.name, definition.type);
      }
    }
  }

  tagged(tag: 'struct' | 'union' | 'enum', name: string): Type | undefined {
    return this.#tagged.get(`${tag} ${name}`) ?? this.#outer.tagged(tag, name);
  }

  named(name: string): Type | undefined {
    const typedef = this.#typedefs.get(name);
    return typedef ? this.of(typedef) : (basicType(name) ?? this.#outer.named(name));
  }

  enumMember(name: string): { type: Type; value: bigint } | undefined {
    return this.#members.get(name);
  }

  /** Names for did-you-mean. */
  names(): string[] {
    return [...this.#tagged.keys(), ...this.#typedefs.keys(), ...Object.keys(BASIC)];
  }

  of(type: CType): Type {
    switch (type.kind) {
      case 'c-base':
        return this.named(type.name) ?? NONE;
      case 'c-reference':
        return this.tagged(type.tag, type.name) ?? NONE;
      case 'c-pointer':
        return pointerTo(this.of(type.to), 'unknown');
      case 'c-array': {
        const of = this.of(type.element);
        return of.kind === 'int' && of.size === 1 && of.signed ? charArray(type.length) : arrayOf(of, type.length);
      }
      case 'c-function':
        return VOID;
      case 'c-record':
        return this.#record(type);
      case 'c-enum':
        return this.#enum(type);
    }
  }

  /** Registers the tags and enum members that a definition brings, its nested ones too. */
  #define(type: CType): void {
    if (type.kind === 'c-enum') this.#enum(type);
    if (type.kind !== 'c-record') return;
    for (const field of type.fields) this.#define(field.type);
    if (type.name !== undefined) this.#record(type);
  }

  #record(record: CRecord): StructType {
    const name = `${record.tag} ${record.name ?? ''}`;
    const known = record.name === undefined ? undefined : this.#tagged.get(name);
    if (known?.kind === 'struct') return known;
    let layout: StructLayout | undefined;
    const layOut = () => (layout ??= this.#layOut(record));
    // Lazy: a struct may point to itself.
    const type: StructType = {
      kind: 'struct',
      name,
      get size() {
        return layOut().size;
      },
      get align() {
        return layOut().align;
      },
      fields: () => layOut().fields,
    };
    if (record.name !== undefined) this.#tagged.set(name, type);
    return type;
  }

  #layOut(record: CRecord): StructLayout {
    const layout = new Layout(record);
    for (const field of record.fields) layout.add(field, this.of(field.type));
    return layout.finish();
  }

  #enum(definition: CEnum): Type {
    const names = new Map(definition.members.map((member) => [member.value, member.name]));
    const signed = definition.members.some((member) => member.value < 0n);
    // As wide as its members need, as compilers make it.
    const [low, high] = signed ? [-(2n ** 31n), 2n ** 31n] : [0n, 2n ** 32n];
    const size = definition.members.every(({ value }) => value >= low && value < high) ? 4 : 8;
    const type: EnumType | Type = { kind: 'enum', name: definition.name ?? '', size, signed, names };
    if (definition.name !== undefined) this.#tagged.set(`enum ${definition.name}`, type);
    for (const member of definition.members) this.#members.set(member.name, { type, value: member.value });
    return type;
  }
}

interface StructLayout {
  readonly fields: readonly Field[];
  readonly size: number;
  readonly align: Align;
}

const sizeAlign = (type: Type): { size: number; align: number } => {
  switch (type.kind) {
    case 'int':
    case 'enum':
    case 'float':
      return { size: type.size, align: type.size };
    case 'bool':
      return { size: 1, align: 1 };
    case 'pointer':
      return { size: 8, align: 8 };
    case 'string':
      return { size: type.size, align: 1 };
    case 'array': {
      const { size, align } = sizeAlign(type.of);
      return { size: size * type.length, align };
    }
    case 'struct':
      return { size: type.size, align: type.align };
    default:
      return { size: 0, align: 1 };
  }
};

/** Lays out one struct or union in the order of its fields (System V ABI, little endian). */
class Layout {
  readonly #record: CRecord;
  readonly #fields: Field[] = [];
  /** Bits used so far. */
  #end = 0;
  #size = 0;
  #align = 1;

  constructor(record: CRecord) {
    this.#record = record;
  }

  add(field: CField, type: Type): void {
    const { size, align: natural } = sizeAlign(type);
    const align = Math.max(this.#record.packed ? 1 : natural, field.aligned ?? 1);
    if (this.#record.tag === 'union') this.#end = 0;
    if (field.bits !== undefined) this.#addBits(field, type, size, align);
    else {
      const offset = alignUp(Math.ceil(this.#end / 8), align);
      this.#fields.push({ name: field.name ?? '', offset, type });
      this.#end = (offset + size) * 8;
      this.#align = Math.max(this.#align, align);
    }
    this.#size = Math.max(this.#size, Math.ceil(this.#end / 8));
  }

  /** A bit-field does not cross a unit of its type; one of width 0 ends the unit. */
  #addBits(field: CField, type: Type, size: number, align: number): void {
    const unit = size * 8;
    const width = field.bits!;
    if (width === 0) {
      this.#end = alignUp(this.#end, unit);
      return;
    }
    if (!this.#record.packed && Math.floor(this.#end / unit) !== Math.floor((this.#end + width - 1) / unit)) {
      this.#end = alignUp(this.#end, unit);
    }
    if (field.name !== undefined) {
      this.#fields.push(bitField(field.name, type, this.#end, width));
      this.#align = Math.max(this.#align, align);
    }
    this.#end += width;
  }

  finish(): StructLayout {
    const align = Math.min(8, Math.max(this.#align, this.#record.aligned ?? 1)) as Align;
    return { fields: this.#fields, size: alignUp(this.#size, Math.max(align, this.#record.aligned ?? 1)), align };
  }
}
