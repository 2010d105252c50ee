/** Sizes, alignments and member offsets of BTF types. */
import { PebbleError } from '../../base/errors.ts';
import type { Btf } from './btf.ts';
import type { BtfType, CompositeType, Member, TypeId } from './types.ts';

/** Chains of modifiers, typedefs and nested arrays are short in real BTF; damaged BTF may have circles. */
const MAX_CHAIN = 64;
const POINTER_SIZE = 8;

/** What is left after typedefs, const, volatile, restrict and type tags. */
export function resolve(btf: Btf, id: TypeId): BtfType {
  for (let i = 0; i < MAX_CHAIN; i++) {
    const type = btf.type(id);
    switch (type.kind) {
      case 'typedef':
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'type_tag':
        id = type.type;
        break;
      default:
        return type;
    }
  }
  return fail(btf, `type ${id} refers to itself`);
}

/** Bytes that a value of the type takes; an error for what has no size (void, fwd, func …). */
export function sizeOf(btf: Btf, id: TypeId): number {
  let count = 1;
  for (let i = 0; i < MAX_CHAIN; i++) {
    const type = resolve(btf, id);
    switch (type.kind) {
      case 'array':
        count *= type.count;
        id = type.type;
        break;
      case 'var':
        id = type.type;
        break;
      case 'ptr':
        return count * POINTER_SIZE;
      case 'int':
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
      case 'float':
      case 'datasec':
        return count * type.size;
      default:
        return fail(btf, `type ${id} (${type.kind}) has no size`);
    }
  }
  return fail(btf, `type ${id} refers to itself`);
}

/** Natural alignment in bytes, as C would lay the type out; 1 for a packed struct. */
export function alignOf(btf: Btf, id: TypeId): number {
  return alignWith(btf, id, new Map());
}

/** `known` has what was found on the way: damaged BTF, whose structs contain each other, stays linear. */
function alignWith(btf: Btf, id: TypeId, known: Map<TypeId, number>): number {
  const seen = known.get(id);
  if (seen !== undefined) return seen;
  known.set(id, 1);
  const align = alignOfType(btf, resolve(btf, id), known);
  known.set(id, align);
  return align;
}

function alignOfType(btf: Btf, type: BtfType, known: Map<TypeId, number>): number {
  switch (type.kind) {
    case 'ptr':
      return POINTER_SIZE;
    case 'int':
    case 'enum':
    case 'enum64':
    case 'float':
      return Math.min(type.size, POINTER_SIZE);
    case 'array':
    case 'var':
      return alignWith(btf, type.type, known);
    case 'struct':
    case 'union':
      return alignOfComposite(btf, type, known);
    default:
      return 1;
  }
}

function alignOfComposite(btf: Btf, type: CompositeType, known: Map<TypeId, number>): number {
  let align = 1;
  for (const member of type.members) {
    const own = alignWith(btf, member.type, known);
    if (member.bitSize === 0 && member.offsetBits % (own * 8) !== 0) return 1;
    align = Math.max(align, own);
  }
  return type.size % align === 0 ? align : 1;
}

/** A member reached by a path: where it starts, from the start of the outermost struct. */
export interface FieldPlace {
  readonly type: TypeId;
  readonly offsetBits: number;
  /** Width of a bit-field; 0 for an ordinary member. */
  readonly bitSize: number;
}

/**
 * Follows `a.b[2].c` from a struct or union; members of anonymous structs count as the outer one's.
 * undefined when a name is missing, or when the path would have to pass through a pointer.
 */
export function findField(btf: Btf, id: TypeId, path: string): FieldPlace | undefined {
  let place: FieldPlace = { type: id, offsetBits: 0, bitSize: 0 };
  for (const step of path.match(/[^.[\]]+/g) ?? []) {
    const next = /^\d/.test(step) ? elementOf(btf, place.type, Number(step)) : memberOf(btf, place.type, step);
    if (next === undefined) return undefined;
    place = { ...next, offsetBits: place.offsetBits + next.offsetBits };
  }
  return place;
}

function elementOf(btf: Btf, id: TypeId, index: number): FieldPlace | undefined {
  const type = resolve(btf, id);
  if (type.kind !== 'array') return undefined;
  return { type: type.type, offsetBits: index * sizeOf(btf, type.type) * 8, bitSize: 0 };
}

function memberOf(btf: Btf, id: TypeId, name: string): FieldPlace | undefined {
  const type = resolve(btf, id);
  if (type.kind !== 'struct' && type.kind !== 'union') return undefined;
  return searchMembers(btf, type, name, 0, new Set());
}

/** `seen` keeps the search of damaged BTF, whose structs contain each other, linear. */
function searchMembers(
  btf: Btf,
  type: CompositeType,
  name: string,
  base: number,
  seen: Set<TypeId>,
): FieldPlace | undefined {
  if (seen.has(type.id)) return undefined;
  seen.add(type.id);
  for (const member of type.members) {
    const offsetBits = base + member.offsetBits;
    if (member.name === name) return placeOf(btf, member, offsetBits);
    if (member.name !== '') continue;
    const inner = resolve(btf, member.type);
    if (inner.kind !== 'struct' && inner.kind !== 'union') continue;
    const found = searchMembers(btf, inner, name, offsetBits, seen);
    if (found) return found;
  }
  return undefined;
}

/** Where a member lies: compilers before the kind flag kept a bit-field's width and shift in an int type of its own. */
export function placeOf(btf: Btf, member: Member, offsetBits = member.offsetBits): FieldPlace {
  const type = resolve(btf, member.type);
  if (member.bitSize === 0 && type.kind === 'int' && type.bits !== type.size * 8) {
    return { type: member.type, offsetBits: offsetBits + type.bitOffset, bitSize: type.bits };
  }
  return { type: member.type, offsetBits, bitSize: member.bitSize };
}

function fail(btf: Btf, what: string): never {
  throw new PebbleError('format', { doing: `reading ${btf.name}`, what });
}
