/** Types of the language made from the kernel's BTF, each once and its fields only when asked for. */
import { alignOf, type Btf, type BtfType, type Member, resolve, type TypeId } from '../../bpf/btf/index.ts';
import {
  type AddressSpace,
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

type IntSize = 1 | 2 | 4 | 8;

export class BtfTypes {
  readonly btf: Btf;
  readonly #base: BtfTypes | undefined;
  readonly #structs = new Map<TypeId, StructType>();
  readonly #enums = new Map<TypeId, EnumType>();

  /** `base`: of a module's, the kernel's. */
  constructor(btf: Btf, base?: BtfTypes) {
    this.btf = btf;
    this.#base = base;
  }

  /** `tag` is struct, union or enum; undefined when the kernel has no such type. */
  tagged(tag: 'struct' | 'union' | 'enum', name: string): Type | undefined {
    const id = this.btf.find(name, tag) ?? (tag === 'enum' ? this.btf.find(name, 'enum64') : undefined);
    return id === undefined ? undefined : this.of(id);
  }

  tags(tag: 'struct' | 'union' | 'enum'): string[] {
    return this.btf.ids(tag).map((id) => this.btf.nameOf(id));
  }

  /** A typedef or a basic type by its name. */
  named(name: string): Type | undefined {
    const id = this.btf.find(name, 'typedef') ?? this.btf.find(name, 'int');
    return id === undefined ? undefined : this.of(id);
  }

  of(id: TypeId): Type {
    const type = resolve(this.btf, id);
    if (this.#base && type.id < this.btf.firstId) return this.#base.of(type.id);
    switch (type.kind) {
      case 'void':
      case 'func_proto':
      case 'fwd':
        return VOID;
      case 'int':
        return type.bool ? BOOL : intType(intSize(type.size), type.signed);
      case 'enum':
      case 'enum64':
        return this.#enum(type);
      case 'struct':
      case 'union':
        return this.#struct(type);
      case 'ptr':
        return this.#pointer(type.type);
      case 'array': {
        const of = this.of(type.type);
        return of.kind === 'int' && of.size === 1 ? charArray(type.count) : arrayOf(of, type.count);
      }
      case 'float':
        return type.size === 4 || type.size === 8
          ? { kind: 'float', size: type.size }
          : arrayOf(intType(1, false), type.size);
      default:
        return NONE;
    }
  }

  /** The tag `user` on the pointee moves it to user space. Structs are built without fields, so circles end. */
  #pointer(to: TypeId): Type {
    let space: AddressSpace = 'kernel';
    for (let id = to; ; ) {
      const type = this.btf.type(id);
      if (type.kind === 'type_tag' && type.name === 'user') space = 'user';
      if (type.kind !== 'type_tag' && type.kind !== 'const' && type.kind !== 'volatile') break;
      id = type.type;
    }
    return pointerTo(this.of(to), space);
  }

  #struct(type: BtfType & { kind: 'struct' | 'union' }): StructType {
    let found = this.#structs.get(type.id);
    if (found === undefined) {
      let fields: readonly Field[] | undefined;
      found = {
        kind: 'struct',
        name: `${type.kind} ${type.name}`,
        size: type.size,
        align: intSize(alignOf(this.btf, type.id)),
        kernel: true,
        fields: () => (fields ??= type.members.map((member) => this.#field(member))),
      };
      this.#structs.set(type.id, found);
    }
    return found;
  }

  #field(member: Member): Field {
    const type = this.of(member.type);
    if (member.bitSize > 0) return bitField(member.name, type, member.offsetBits, member.bitSize);
    return { name: member.name, offset: member.offsetBits / 8, type };
  }

  #enum(type: BtfType & { kind: 'enum' | 'enum64' }): Type {
    if (type.name === '') return intType(intSize(type.size), type.signed);
    let found = this.#enums.get(type.id);
    if (found === undefined) {
      const names = new Map(type.values.map((value) => [value.value, value.name]));
      found = { kind: 'enum', name: type.name, size: intSize(type.size), signed: type.signed, names };
      this.#enums.set(type.id, found);
    }
    return found;
  }

  /** The value of an enum's member, wherever it stands. */
  enumMember(name: string): { type: Type; value: bigint } | undefined {
    for (const kind of ['enum', 'enum64'] as const) {
      for (const id of this.btf.ids(kind)) {
        const type = this.btf.type(id);
        if (type.kind !== 'enum' && type.kind !== 'enum64') continue;
        const member = type.values.find((value) => value.name === name);
        if (member) return { type: this.#enum(type), value: member.value };
      }
    }
    return undefined;
  }
}

const intSize = (size: number): IntSize => (size >= 8 ? 8 : size === 4 ? 4 : size === 2 ? 2 : 1);

/** A bit-field is read as the unit of its type that holds it (or of more bytes where it straddles two). */
export function bitField(name: string, type: Type, offsetBits: number, width: number): Field {
  const size = type.kind === 'int' || type.kind === 'enum' ? type.size : 1;
  let offset = Math.floor(offsetBits / (size * 8)) * size;
  if (offsetBits - offset * 8 + width > size * 8) offset = Math.floor(offsetBits / 8);
  return { name, offset, type, bits: { offset: offsetBits - offset * 8, width } };
}
