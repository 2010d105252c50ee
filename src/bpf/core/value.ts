/** What a relocation asks of a path: an offset, a size, whether it exists (libbpf, bpf_core_calc_field_relo). */
import { PebbleError } from '../../base/errors.ts';
import type { CoreKind } from '../btf/ext.ts';
import { type Btf, type BtfType, resolve, sizeOf, type TypeId } from '../btf/index.ts';
import { type Access, accessText } from './access.ts';
import { isComposite } from './compatible.ts';

export interface CoreValue {
  readonly value: bigint;
  /** For offsets: what is loaded from there. */
  readonly loads?: { readonly size: number; readonly type: BtfType };
  /** The compiler may have chosen another value for the same path: bit-fields can be loaded in several ways. */
  readonly ambiguous?: true;
}

/** Undefined when nothing can stand for a path that the kernel does not have. */
export function coreValue(kind: CoreKind, access: Access | undefined): CoreValue | undefined {
  switch (kind) {
    case 'type_exists':
    case 'type_matches':
    case 'enumval_exists':
    case 'field_exists':
      return { value: access ? 1n : 0n };
    case 'type_size':
      return { value: access ? exact(access, sizeOf(access.btf, access.root)) : 0n };
    case 'type_id_local':
    case 'type_id_target':
      return { value: BigInt(access?.root ?? 0), ambiguous: true };
    case 'enumval_value':
      return access && { value: enumerator(access) };
    default:
      return access && fieldValue(kind, access);
  }
}

function enumerator({ btf, steps }: Access): bigint {
  const type = btf.type(steps[0]!.type);
  return type.kind === 'enum' || type.kind === 'enum64' ? (type.values[steps[0]!.index]?.value ?? 0n) : 0n;
}

type FieldKind = Extract<CoreKind, `field_${string}`>;

function fieldValue(kind: Exclude<FieldKind, 'field_exists'>, access: Access): CoreValue {
  const last = access.steps.at(-1)!;
  if (last.name === undefined) return elementValue(kind, access, last.type);
  const owner = access.btf.type(last.type);
  if (!isComposite(owner)) return impossible(kind, access);
  const member = owner.members[last.index]!;
  const type = resolve(access.btf, member.type);
  const bits = member.bitSize > 0;
  const place = bits ? bitFieldPlace(access, type, member.bitSize) : wholePlace(access, type);
  const ambiguous = bits ? ({ ambiguous: true } as const) : {};
  switch (kind) {
    case 'field_byte_offset':
      return { value: exact(access, place.offset), ...(bits ? ambiguous : { loads: loadOf(access.btf, member.type) }) };
    case 'field_byte_size':
      return { value: exact(access, place.size), ...ambiguous };
    case 'field_signed':
      return { value: isSigned(type) ? 1n : 0n };
    case 'field_lshift_u64':
      return { value: exact(access, 64 - (access.offsetBits + place.bits - place.offset * 8)), ...ambiguous };
    case 'field_rshift_u64':
      return { value: exact(access, 64 - place.bits) };
  }
}

/** Elements of arrays have a place and a size, nothing else. */
function elementValue(kind: FieldKind, access: Access, element: TypeId): CoreValue {
  if (kind === 'field_byte_offset') {
    return { value: exact(access, Math.floor(access.offsetBits / 8)), loads: loadOf(access.btf, element) };
  }
  if (kind === 'field_byte_size') return { value: exact(access, sizeOf(access.btf, element)) };
  return impossible(kind, access);
}

interface Place {
  readonly offset: number;
  readonly size: number;
  readonly bits: number;
}

function wholePlace(access: Access, type: BtfType): Place {
  const size = sizeOf(access.btf, type.id);
  return { offset: Math.floor(access.offsetBits / 8), size, bits: size * 8 };
}

/** The smallest aligned integer, at least as large as the declared type, that holds all bits. */
function bitFieldPlace(access: Access, type: BtfType, bits: number): Place {
  let size = sizeOf(access.btf, type.id);
  if (size < 1 || size > 8) return impossible('field_byte_size', access);
  const start = () => Math.floor(Math.floor(access.offsetBits / 8) / size) * size;
  while (access.offsetBits + bits - start() * 8 > size * 8) {
    if (size >= 8) return impossible('field_byte_size', access);
    size *= 2;
  }
  return { offset: start(), size, bits };
}

/** Of arrays, what one load takes is one element. */
function loadOf(btf: Btf, id: TypeId): { size: number; type: BtfType } {
  let type = resolve(btf, id);
  for (let depth = 0; type.kind === 'array' && depth < 64; depth++) type = resolve(btf, type.type);
  return { size: sizeOf(btf, type.id), type };
}

/** Damaged BTF has arrays of arrays beyond every number. */
function exact({ btf }: Access, value: number): bigint {
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw new PebbleError('format', { doing: `reading ${btf.name}`, what: `a size or offset of ${value} bytes` });
}

function isSigned(type: BtfType): boolean {
  return (type.kind === 'int' || type.kind === 'enum' || type.kind === 'enum64') && type.signed;
}

function impossible(kind: CoreKind, access: Access): never {
  throw new PebbleError('format', {
    doing: `reading ${access.btf.name}`,
    what: `a ${kind} relocation cannot be applied to ${accessText(access)}`,
  });
}
