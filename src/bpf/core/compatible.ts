/** Which types of two BTFs may stand for each other when fields and types are looked for (libbpf, relo_core.c). */
import { type Btf, type BtfKind, type BtfType, resolve, type TypeId } from '../btf/index.ts';
import { essentialName } from './names.ts';

/** Pointers and functions nest little; damaged BTF may have circles. */
const MAX_DEPTH = 32;

/** Enums of four and of eight bytes are one kind. */
export function sameKind(a: BtfKind, b: BtfKind): boolean {
  return a === b || (isEnum(a) && isEnum(b));
}

export function isEnum(kind: BtfKind): boolean {
  return kind === 'enum' || kind === 'enum64';
}

/** Whether a member of type `b` may be what a member of type `a` was compiled for: any struct, any integer. */
export function compatibleFields(local: Btf, a: TypeId, target: Btf, b: TypeId): boolean {
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const mine = resolve(local, a);
    const theirs = resolve(target, b);
    if (isComposite(mine) && isComposite(theirs)) return true;
    if (!sameKind(mine.kind, theirs.kind)) return false;
    if (mine.kind !== 'array' || theirs.kind !== 'array') return compatibleLeaves(mine, theirs);
    a = mine.type;
    b = theirs.type;
  }
  return false;
}

function compatibleLeaves(mine: BtfType, theirs: BtfType): boolean {
  switch (mine.kind) {
    case 'ptr':
    case 'float':
      return true;
    case 'int':
      // An offset means a bit-field as compilers before the kind flag wrote them.
      return mine.bitOffset === 0 && theirs.kind === 'int' && theirs.bitOffset === 0;
    case 'fwd':
    case 'enum':
    case 'enum64': {
      const names = [mine, theirs as typeof mine].map((type) => essentialName(type.name));
      return names.includes('') || names[0] === names[1];
    }
    default:
      return false;
  }
}

/** Whether two types of one name are the same in kind, all the way through pointers and functions. */
export function compatibleTypes(local: Btf, a: TypeId, target: Btf, b: TypeId, depth = 0): boolean {
  if (depth === 0 && !sameKind(local.kindOf(a), target.kindOf(b))) return false;
  for (; depth < MAX_DEPTH; depth++) {
    const mine = resolve(local, a);
    const theirs = resolve(target, b);
    if (!sameKind(mine.kind, theirs.kind)) return false;
    switch (mine.kind) {
      case 'void':
      case 'struct':
      case 'union':
      case 'enum':
      case 'enum64':
      case 'fwd':
        return true;
      case 'int':
        return mine.bitOffset === 0 && theirs.kind === 'int' && theirs.bitOffset === 0;
      case 'ptr':
      case 'array':
        a = mine.type;
        b = (theirs as typeof mine).type;
        break;
      case 'func_proto': {
        const other = theirs as typeof mine;
        if (mine.params.length !== other.params.length) return false;
        const next = depth + 1;
        const same = mine.params.every((param, i) =>
          compatibleTypes(local, param.type, target, other.params[i]!.type, next),
        );
        if (!same) return false;
        a = mine.returns;
        b = other.returns;
        break;
      }
      default:
        return false;
    }
  }
  return false;
}

export function isComposite(type: BtfType): type is BtfType & { readonly kind: 'struct' | 'union' } {
  return type.kind === 'struct' || type.kind === 'union';
}
