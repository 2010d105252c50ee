/** Where the value of an expression lies, which decides how pointers found in it are read. */
import type { Expression, Node } from '../syntax/ast.ts';
import type { AddressSpace, PointerType, Type } from './type.ts';
import type { Typing } from './typing.ts';

export interface Place {
  readonly space: AddressSpace;
  /** Reached from a pointer that the verifier knows, without leaving what it knows. */
  readonly typed: boolean;
}

const HERE: Place = { space: 'map', typed: false };

/** The probe's arguments: each lies where the probe's kind says. */
export const isArgs = (node: Node): boolean =>
  (node.kind === 'builtin' || node.kind === 'identifier') && (node.name === 'args' || node.name === '__builtin_args');

export function placeOf(node: Expression, t: Typing): Place {
  switch (node.kind) {
    case 'field':
      return through(node.object, t);
    case 'index': {
      const place = through(node.object, t);
      return { ...place, typed: place.typed && node.index.kind === 'integer' };
    }
    case 'unary':
      return node.operator === '*' ? through(node.operand, t) : HERE;
    default:
      return isArgs(node) ? { space: 'context', typed: false } : HERE;
  }
}

function through(object: Expression, t: Typing): Place {
  const type = t.typeOf(object);
  if (type?.kind === 'pointer') return { space: type.space, typed: type.typed === true && object.kind !== 'index' };
  if (type?.kind === 'int' && type.space) return { space: type.space, typed: false };
  return placeOf(object, t);
}

/** A pointer read from memory at `place`. */
export function pointerAt(pointer: PointerType, place: Place): PointerType {
  const { to } = pointer;
  const space = pointer.space === 'unknown' || place.space === 'user' ? inherited(pointer, place) : pointer.space;
  const typed = place.typed && space === 'kernel' && to.kind === 'struct';
  return typed ? { kind: 'pointer', to, space, typed } : { kind: 'pointer', to, space };
}

/** What a struct in user memory points to is user memory, whatever header its type came from. */
function inherited(pointer: PointerType, place: Place): AddressSpace {
  if (place.space === 'user' || place.space === 'kernel') return place.space;
  return pointer.space;
}

export const readAt = (type: Type, place: Place): Type => (type.kind === 'pointer' ? pointerAt(type, place) : type);
