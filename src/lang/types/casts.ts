/** What may be cast to what, and where the result points. */
import type { Cast } from '../syntax/ast.ts';
import { sizeOfType } from './layout.ts';
import { integral } from './operators.ts';
import { placeOf } from './places.ts';
import { type AddressSpace, arrayOf, type EnumType, type PointerType, type Type, typeName } from './type.ts';
import type { Typing } from './typing.ts';

export function castType(node: Cast, to: Type, from: Type, t: Typing): Type | undefined {
  const refuse = () => t.error(node, `Cannot cast from "${typeName(from)}" to "${typeName(to)}"`);
  if (from.kind === 'none' || from.kind === 'void') return t.error(node, `Cannot cast from "${typeName(from)}" type`);
  if (from.kind === 'struct') return t.error(node, `Cannot cast from C type "${typeName(from)}"`);
  switch (to.kind) {
    case 'pointer':
      if (from.kind === 'string' || from.kind === 'array') return pointerInto(to, node, t) ?? refuse();
      return from.kind === 'pointer' || integral(from) ? pointerCast(to, from, t) : refuse();
    case 'int':
      return intCast(to, from) ?? refuse();
    case 'bool':
      return integral(from) || from.kind === 'pointer' || from.kind === 'string' ? to : refuse();
    case 'enum':
      return integral(from) ? enumCast(node, to, t) : refuse();
    case 'string':
      return stringCast(to, from) ?? refuse();
    case 'array':
      return arrayCast(node, to, from, t);
    case 'buffer':
      return from.kind === 'pointer' || integral(from) || from.kind === 'buffer' ? to : refuse();
    default:
      return to.kind === from.kind ? to : refuse();
  }
}

/** A pointer keeps its space; an integer has the one it came with, else the probe's. */
function pointerCast(to: PointerType, from: Type, t: Typing): PointerType {
  const space = spaceOf(from, t);
  const typed = from.kind === 'pointer' && from.typed && to.to.kind === 'struct' && sameStruct(from, to);
  return typed ? { ...to, space, typed } : { kind: 'pointer', to: inSpace(to.to, space), space };
}

/** `(struct tcp_skb_cb *)$skb->cb`: bytes in the kernel's or a program's memory are a place for something else. */
function pointerInto(to: PointerType, node: Cast, t: Typing): PointerType | undefined {
  const at = placeOf(node.value, t).space;
  const space = at === 'context' ? 'kernel' : at;
  if (space !== 'kernel' && space !== 'user') return undefined;
  return { kind: 'pointer', to: inSpace(to.to, space), space };
}

const sameStruct = (a: PointerType, b: PointerType): boolean =>
  a.to.kind === 'struct' && b.to.kind === 'struct' && a.to.name === b.to.name;

/** `(char **)p`: the inner pointers point where the outer one does. */
function inSpace(to: Type, space: AddressSpace): Type {
  return to.kind === 'pointer' && to.space === 'unknown' ? { ...to, to: inSpace(to.to, space), space } : to;
}

export function spaceOf(from: Type, t: Typing): AddressSpace {
  if (from.kind === 'pointer' && from.space !== 'unknown') return from.space;
  if (from.kind === 'int' && from.space) return from.space;
  return t.point?.kind.space ?? 'kernel';
}

function intCast(to: Type & { kind: 'int' }, from: Type): Type | undefined {
  if (integral(from)) return from.kind === 'int' && from.space ? { ...to, space: from.space } : to;
  if (from.kind === 'pointer') {
    return from.space === 'user' || from.space === 'kernel' ? { ...to, space: from.space } : to;
  }
  if (from.kind === 'array') return sizeOfType(from) === to.size ? to : undefined;
  return from.kind === 'ksym' || from.kind === 'usym' ? to : undefined;
}

function enumCast({ value, span }: Cast, to: EnumType, t: Typing): Type | undefined {
  if (value.kind !== 'integer' || value.value === undefined || to.names.has(value.value)) return to;
  return t.error(span, `Enum: ${to.name} doesn't contain a variant value of ${value.value}`);
}

function stringCast(to: Type & { kind: 'string' }, from: Type): Type | undefined {
  if (from.kind !== 'string') return from.kind === 'pointer' ? to : undefined;
  if (to.size === 0) return from;
  return to.size >= from.size ? to : undefined;
}

function arrayCast(node: Cast, to: Type & { kind: 'array' }, from: Type, t: Typing): Type | undefined {
  const element = sizeOfType(to.of);
  const size =
    from.kind === 'int' || from.kind === 'bool' || from.kind === 'string' || from.kind === 'array'
      ? sizeOfType(from)
      : 0;
  const refuse = () => t.error(node, `Cannot cast from "${typeName(from)}" to "${typeName(to)}"`);
  if (size === 0 || element === 0 || (to.of.kind === 'struct' && from.kind !== 'array')) return refuse();
  if (to.length === 0) {
    if (size % element === 0) return arrayOf(to.of, size / element);
    return t.error(node, 'Cannot determine array size: the element size is incompatible with the cast integer size');
  }
  const wanted = element * to.length;
  const fits = from.kind === 'int' ? wanted === size || (wanted <= 8 && wanted > size) : wanted === size;
  return fits ? to : refuse();
}
