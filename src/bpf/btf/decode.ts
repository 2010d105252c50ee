/** Decodes one BTF type from its words (linux/btf.h). */
import type { Btf } from './btf.ts';
import { KIND_NAMES, LINKAGES } from './kinds.ts';
import type {
  BtfType,
  CompositeType,
  EnumType,
  EnumValue,
  IntType,
  Member,
  Param,
  SectionVariable,
  TypeId,
} from './types.ts';

/** Bits of an int's extra word: encoding in 24–27, offset in 16–23, width in 0–7. */
const INT_SIGNED = 1 << 24;
const INT_CHAR = 1 << 25;
const INT_BOOL = 1 << 26;

/** `at` is the type's first word: name; then info (kflag:1 · :2 · kind:5 · :8 · vlen:16), then size or type. */
export function decodeType(btf: Btf, id: TypeId, words: Uint32Array, at: number): BtfType {
  const name = btf.text(words[at]!);
  const info = words[at + 1]!;
  const third = words[at + 2]!;
  const vlen = info & 0xffff;
  const flag = info >>> 31 === 1;
  const rest = at + 3;
  const kind = KIND_NAMES[(info >>> 24) & 0x1f]!;
  switch (kind) {
    case 'void':
      return { kind, id };
    case 'int':
      return decodeInt(id, name, third, words[rest]!);
    case 'ptr':
    case 'volatile':
    case 'const':
    case 'restrict':
      return { kind, id, type: third };
    case 'typedef':
    case 'type_tag':
      return { kind, id, name, type: third };
    case 'array':
      return { kind, id, type: words[rest]!, index: words[rest + 1]!, count: words[rest + 2]! };
    case 'struct':
    case 'union':
      return decodeComposite(btf, kind, { id, name, size: third }, flag, words.subarray(rest, rest + vlen * 3));
    case 'enum':
    case 'enum64': {
      const each = kind === 'enum' ? 2 : 3;
      return decodeEnum(btf, kind, { id, name, size: third }, flag, words.subarray(rest, rest + vlen * each));
    }
    case 'fwd':
      return { kind, id, name, of: flag ? 'union' : 'struct' };
    case 'func':
      return { kind, id, name, type: third, linkage: LINKAGES[vlen] ?? 'global' };
    case 'func_proto':
      return { kind, id, returns: third, params: decodeParams(btf, words.subarray(rest, rest + vlen * 2)) };
    case 'var':
      return { kind, id, name, type: third, linkage: LINKAGES[words[rest]!] ?? 'global' };
    case 'datasec':
      return { kind, id, name, size: third, variables: decodeVariables(words.subarray(rest, rest + vlen * 3)) };
    case 'float':
      return { kind, id, name, size: third };
    case 'decl_tag':
      return { kind, id, name, type: third, component: words[rest]! | 0 };
  }
}

function decodeInt(id: TypeId, name: string, size: number, extra: number): IntType {
  return {
    kind: 'int',
    id,
    name,
    size,
    bits: extra & 0xff,
    bitOffset: (extra >>> 16) & 0xff,
    signed: (extra & INT_SIGNED) !== 0,
    char: (extra & INT_CHAR) !== 0,
    bool: (extra & INT_BOOL) !== 0,
  };
}

interface Sized {
  readonly id: TypeId;
  readonly name: string;
  readonly size: number;
}

/** With the kind flag a member's third word is width:8 · offset:24, else it is the offset in bits alone. */
function decodeComposite(
  btf: Btf,
  kind: CompositeType['kind'],
  head: Sized,
  flag: boolean,
  words: Uint32Array,
): CompositeType {
  const members: Member[] = [];
  for (let i = 0; i < words.length; i += 3) {
    const where = words[i + 2]!;
    members.push({
      name: btf.text(words[i]!),
      type: words[i + 1]!,
      offsetBits: flag ? where & 0xffffff : where,
      bitSize: flag ? where >>> 24 : 0,
    });
  }
  return { kind, ...head, members };
}

function decodeEnum(btf: Btf, kind: EnumType['kind'], head: Sized, signed: boolean, words: Uint32Array): EnumType {
  const values: EnumValue[] = [];
  const each = kind === 'enum' ? 2 : 3;
  for (let i = 0; i < words.length; i += each) {
    const low = words[i + 1]!;
    const raw = kind === 'enum' ? BigInt(signed ? low | 0 : low) : (BigInt(words[i + 2]!) << 32n) | BigInt(low);
    values.push({ name: btf.text(words[i]!), value: signed ? BigInt.asIntN(64, raw) : raw });
  }
  return { kind, ...head, signed, values };
}

function decodeParams(btf: Btf, words: Uint32Array): Param[] {
  const params: Param[] = [];
  for (let i = 0; i < words.length; i += 2) params.push({ name: btf.text(words[i]!), type: words[i + 1]! });
  return params;
}

function decodeVariables(words: Uint32Array): SectionVariable[] {
  const variables: SectionVariable[] = [];
  for (let i = 0; i < words.length; i += 3) {
    variables.push({ type: words[i]!, offset: words[i + 1]!, size: words[i + 2]! });
  }
  return variables;
}
