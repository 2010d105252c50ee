/** Builds BTF: the types of our own maps and programs, for the kernel to check and to print. */
import type { Btf } from './btf.ts';
import { type BtfKind, KIND_NUMBERS, LINKAGES, type Linkage } from './kinds.ts';
import type { CompositeType, EnumType, IntType, Member, Param, SectionVariable, TypeId } from './types.ts';

const HEADER_SIZE = 24;
const FLAG = 1 << 31;

/** Types and strings that are equal are stored once, so asking again for `int` costs nothing. */
export class BtfBuilder {
  readonly #firstId: TypeId;
  readonly #firstString: number;
  readonly #types: number[][] = [];
  readonly #ids = new Map<string, TypeId>();
  readonly #strings = new Map<string, number>();
  #stringBytes = 0;

  /** With a base (vmlinux), ids and strings continue the base's. */
  constructor(base?: Btf) {
    this.#firstId = base?.endId ?? 1;
    this.#firstString = base?.endString ?? 0;
    if (base === undefined) this.text('');
  }

  /** Offset of a string, as func and line records want it. */
  text(text: string): number {
    if (text === '') {
      if (this.#firstString === 0) this.#stringBytes ||= 1;
      return 0;
    }
    let offset = this.#strings.get(text);
    if (offset === undefined) {
      offset = this.#firstString + this.#stringBytes;
      this.#strings.set(text, offset);
      this.#stringBytes += Buffer.byteLength(text) + 1;
    }
    return offset;
  }

  int(name: string, size: number, encoding: Partial<Pick<IntType, 'signed' | 'char' | 'bool'>> = {}): TypeId {
    const bits = (encoding.signed ? 1 : 0) | (encoding.char ? 2 : 0) | (encoding.bool ? 4 : 0);
    return this.#add('int', name, 0, size, [(bits << 24) | (size * 8)]);
  }

  float(name: string, size: number): TypeId {
    return this.#add('float', name, 0, size);
  }

  ptr(to: TypeId): TypeId {
    return this.#add('ptr', '', 0, to);
  }

  const(of: TypeId): TypeId {
    return this.#add('const', '', 0, of);
  }

  volatile(of: TypeId): TypeId {
    return this.#add('volatile', '', 0, of);
  }

  typedef(name: string, of: TypeId): TypeId {
    return this.#add('typedef', name, 0, of);
  }

  /** An attribute of a pointer's target, such as `kptr`. */
  typeTag(name: string, of: TypeId): TypeId {
    return this.#add('type_tag', name, 0, of);
  }

  array(of: TypeId, count: number): TypeId {
    return this.#add('array', '', 0, 0, [of, this.int('__ARRAY_SIZE_TYPE__', 4), count]);
  }

  /** The members may refer to the struct itself: they are asked for once its id is known. */
  struct(name: string, size: number, members: readonly Member[] | ((self: TypeId) => readonly Member[])): TypeId {
    return this.#composite('struct', name, size, members);
  }

  union(name: string, size: number, members: readonly Member[] | ((self: TypeId) => readonly Member[])): TypeId {
    return this.#composite('union', name, size, members);
  }

  fwd(name: string, of: 'struct' | 'union'): TypeId {
    return this.#add('fwd', name, of === 'union' ? FLAG : 0, 0);
  }

  /** An enum of 8 bytes becomes an enum64, which kernels before 6.0 refuse. */
  enum(name: string, size: number, values: EnumType['values'], signed = false): TypeId {
    const words = values.flatMap(({ name: key, value }) => {
      const low = Number(BigInt.asUintN(32, value));
      return size === 8 ? [this.text(key), low, Number(BigInt.asUintN(32, value >> 32n))] : [this.text(key), low];
    });
    return this.#add(size === 8 ? 'enum64' : 'enum', name, (signed ? FLAG : 0) | values.length, size, words);
  }

  funcProto(returns: TypeId, params: readonly Param[]): TypeId {
    const words = params.flatMap((param) => [this.text(param.name), param.type]);
    return this.#add('func_proto', '', params.length, returns, words);
  }

  func(name: string, proto: TypeId, linkage: Linkage): TypeId {
    return this.#add('func', name, LINKAGES.indexOf(linkage), proto);
  }

  var(name: string, type: TypeId, linkage: Linkage): TypeId {
    return this.#add('var', name, 0, type, [LINKAGES.indexOf(linkage)]);
  }

  datasec(name: string, size: number, variables: readonly SectionVariable[]): TypeId {
    const words = variables.flatMap((variable) => [variable.type, variable.offset, variable.size]);
    return this.#add('datasec', name, variables.length, size, words);
  }

  declTag(name: string, of: TypeId, component = -1): TypeId {
    return this.#add('decl_tag', name, 0, of, [component]);
  }

  build(): Buffer {
    const typeBytes = this.#types.reduce((sum, words) => sum + words.length * 4, 0);
    const out = Buffer.alloc(HEADER_SIZE + typeBytes + this.#stringBytes);
    out.writeUInt16LE(0xeb9f, 0);
    out.writeUInt8(1, 2);
    out.writeUInt32LE(HEADER_SIZE, 4);
    out.writeUInt32LE(0, 8);
    out.writeUInt32LE(typeBytes, 12);
    out.writeUInt32LE(typeBytes, 16);
    out.writeUInt32LE(this.#stringBytes, 20);
    let at = HEADER_SIZE;
    for (const words of this.#types) for (const word of words) at = out.writeUInt32LE(word >>> 0, at);
    for (const [text, offset] of this.#strings) out.write(text, at + offset - this.#firstString);
    return out;
  }

  #composite(
    kind: CompositeType['kind'],
    name: string,
    size: number,
    members: readonly Member[] | ((self: TypeId) => readonly Member[]),
  ): TypeId {
    if (typeof members !== 'function') return this.#add(kind, name, ...this.#members(members, size));
    const words: number[] = [];
    this.#types.push(words);
    const id = this.#firstId + this.#types.length - 1;
    const [info, , rest] = this.#members(members(id), size);
    words.push(this.text(name), header(kind, info), size, ...rest);
    return id;
  }

  /** The kind flag is set only where bit-fields need it: Linux 4.18–4.20 know no other form. */
  #members(members: readonly Member[], size: number): [info: number, size: number, words: number[]] {
    const flag = members.some((member) => member.bitSize > 0);
    const words = members.flatMap((member) => [
      this.text(member.name),
      member.type,
      flag ? (member.bitSize << 24) | member.offsetBits : member.offsetBits,
    ]);
    return [(flag ? FLAG : 0) | members.length, size, words];
  }

  #add(kind: BtfKind, name: string, info: number, third: number, rest: readonly number[] = []): TypeId {
    const words = [this.text(name), header(kind, info), third, ...rest];
    const key = words.join();
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#firstId + this.#types.push(words) - 1;
      this.#ids.set(key, id);
    }
    return id;
  }
}

/** kflag:1 · :2 · kind:5 · :8 · vlen:16; `info` carries the flag and vlen. */
function header(kind: BtfKind, info: number): number {
  return info | (KIND_NUMBERS[kind] << 24);
}
