/** The type that can hold values of two types: how variables, keys and map values grow (bpftrace 0.26.1's rules). */
import type { Expression } from '../syntax/ast.ts';
import {
  arrayOf,
  type EnumType,
  type IntType,
  intType,
  isCastableAggregate,
  type PointerType,
  pointerTo,
  type RecordType,
  sameType,
  stringType,
  type TupleType,
  type Type,
  tupleOf,
} from './type.ts';

/** Smallest signed type of a literal that is not negative; it takes the sign of what it meets. */
export function literalType(value: bigint): IntType {
  if (value < 0n) return intType(signedSize(value), true);
  if (value > 0x7fff_ffff_ffff_ffffn) return intType(8, false);
  return { ...intType(signedSize(value), true), flexible: true };
}

function signedSize(value: bigint): 1 | 2 | 4 | 8 {
  for (const size of [1, 2, 4] as const) if (BigInt.asIntN(size * 8, value) === value) return size;
  return 8;
}

const larger = (a: IntType, b: IntType): IntType['size'] => (a.size > b.size ? a.size : b.size);

export function promoteInt(a: IntType, b: IntType): IntType {
  const flexible = a.flexible === true && b.flexible === true;
  if (a.signed === b.signed) return keep(intType(larger(a, b), a.signed), flexible);
  if (a.flexible || b.flexible) {
    const signed = (!a.flexible && a.signed) || (!b.flexible && b.signed);
    return keep(intType(larger(a, b), signed), flexible);
  }
  const [signed, unsigned] = a.signed ? [a, b] : [b, a];
  if (signed.size > unsigned.size) return signed;
  return intType(larger(a, b) === 8 ? 8 : ((larger(a, b) * 2) as 2 | 4 | 8), true);
}

const keep = (type: IntType, flexible: boolean): IntType => (flexible ? { ...type, flexible } : type);

const isEnumOrInt = (type: Type): type is IntType | EnumType => type.kind === 'int' || type.kind === 'enum';
const asInt = (type: IntType | EnumType): IntType => (type.kind === 'int' ? type : intType(type.size, type.signed));

/** undefined: no type holds both. */
export function promote(current: Type | undefined, next: Type): Type | undefined {
  if (current === undefined) return isCastableAggregate(next) ? intType(8, next.signed) : next;
  if (current.kind === 'int' && next.kind === 'int') return promoteInt(current, next);
  if (current.kind === 'int' && isCastableAggregate(next)) return promoteInt(current, intType(8, next.signed));
  if (next.kind === 'int' && isCastableAggregate(current)) return promoteInt(intType(8, current.signed), next);
  if (sameType(current, next)) return next;
  if (isEnumOrInt(current) && isEnumOrInt(next) && (current.kind === 'int' || next.kind === 'int'))
    return promoteInt(asInt(current), asInt(next));
  if (current.kind !== next.kind) return undefined;
  return promoteSameKind(current, next);
}

function promoteSameKind(current: Type, next: Type): Type | undefined {
  switch (current.kind) {
    case 'string':
      return stringType(Math.max(current.size, (next as typeof current).size));
    case 'buffer':
      return current.size >= (next as typeof current).size ? current : next;
    case 'pointer':
      return promotePointer(current, next as PointerType);
    case 'tuple':
      return promoteTuple(current, next as TupleType);
    case 'record':
      return promoteRecord(current, next as RecordType);
    case 'array':
      return promoteArray(current, next as typeof current);
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
    case 'stats':
    case 'count':
      return current.signed ? current : next;
    case 'struct':
      return current.name === (next as typeof current).name ? next : undefined;
    case 'enum':
      return current.name === (next as typeof current).name ? current : undefined;
    case 'timestamp':
    case 'cgroupPath':
      return current;
    default:
      return undefined;
  }
}

/** Equal pointees; a space that is known wins, and what the verifier knows of only one of them it knows of neither. */
function promotePointer(current: PointerType, next: PointerType): PointerType | undefined {
  const to = promote(current.to, next.to);
  if (to === undefined) return undefined;
  const space = current.space === 'unknown' ? next.space : current.space;
  return pointerTo(to, space, current.typed === true && next.typed === true);
}

function promoteTuple(current: TupleType, next: TupleType): TupleType | undefined {
  if (current.of.length !== next.of.length) return undefined;
  const of = current.of.map((type, i) => promote(type, next.of[i]!));
  return of.some((type) => type === undefined) ? undefined : tupleOf(of as Type[]);
}

/** Fields are matched by name; the order of the first use stays. */
function promoteRecord(current: RecordType, next: RecordType): RecordType | undefined {
  if (current.fields.length !== next.fields.length) return undefined;
  const fields: { name: string; type: Type }[] = [];
  for (const { name, type } of current.fields) {
    const other = next.fields.find((field) => field.name === name);
    const promoted = other && promote(type, other.type);
    if (promoted === undefined) return undefined;
    fields.push({ name, type: promoted });
  }
  return { kind: 'record', fields };
}

function promoteArray(current: Type & { kind: 'array' }, next: Type & { kind: 'array' }): Type | undefined {
  const of = promoteElement(current.of, next.of);
  if (of === undefined) return undefined;
  if (current.length === next.length || next.length === 0) return arrayOf(of, current.length);
  return current.length === 0 ? arrayOf(of, next.length) : undefined;
}

/** Elements keep their size. */
function promoteElement(current: Type, next: Type): Type | undefined {
  if (current.kind === 'pointer' && next.kind === 'pointer') return promotePointer(current, next);
  return sameType(current, next) ? current : undefined;
}

/** Does every value of `from` keep its meaning in `to`? */
export function fitsInto(from: Type, to: Type): boolean {
  if (from.kind === 'int' && to.kind === 'int') return intFits(from, to);
  if (from.kind === 'string' && to.kind === 'string') return from.size <= to.size;
  if (from.kind === 'tuple' && to.kind === 'tuple') {
    return from.of.length === to.of.length && from.of.every((type, i) => fitsInto(type, to.of[i]!));
  }
  if (from.kind === 'record' && to.kind === 'record') {
    return from.fields.every((field) => {
      const other = to.fields.find((f) => f.name === field.name);
      return other !== undefined && fitsInto(field.type, other.type);
    });
  }
  return promote(to, from) !== undefined;
}

function intFits(from: IntType, to: IntType): boolean {
  if (from.signed === to.signed || from.flexible) return from.size <= to.size;
  return !from.signed && from.size < to.size;
}

/** A literal that loses something where it is stored in the type. */
export function isTooLarge(node: Expression | undefined, type: Type): boolean {
  const value = node?.kind === 'integer' ? node.value : undefined;
  return value !== undefined && type.kind === 'int' && !literalFits(value, type);
}

/** Can an integer literal be stored in the type without losing anything? */
export function literalFits(value: bigint, type: IntType): boolean {
  const bits = type.size * 8;
  return (type.signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value;
}
