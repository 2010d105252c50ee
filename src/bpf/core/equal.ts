/** Whether a kernel type has all that a local one declares (`bpf_core_type_matches`; libbpf, bpf_core_types_match). */
import { type Btf, type BtfType, type CompositeType, type EnumType, resolve, type TypeId } from '../btf/index.ts';
import { isEnum } from './compatible.ts';
import { essentialName } from './names.ts';

const MAX_DEPTH = 32;

/** Members of structs are compared by value, behind a pointer only by kind and name. */
export function matchesType(local: Btf, a: TypeId, target: Btf, b: TypeId): boolean {
  return new Matcher(local, target).types(a, b, false, 0);
}

class Matcher {
  readonly #local: Btf;
  readonly #target: Btf;
  /** Pairs of structs that were compared: in damaged BTF, where structs contain each other, the answer is no. */
  readonly #structs = new Map<string, boolean>();

  constructor(local: Btf, target: Btf) {
    this.#local = local;
    this.#target = target;
  }

  types(a: TypeId, b: TypeId, behindPointer: boolean, depth: number): boolean {
    if (depth > MAX_DEPTH) return false;
    const mine = resolve(this.#local, a);
    const theirs = resolve(this.#target, b);
    if (!sameName(this.#local.nameOf(mine.id), this.#target.nameOf(theirs.id))) return false;
    switch (mine.kind) {
      case 'fwd':
        return theirs.kind === 'fwd' ? theirs.of === mine.of : behindPointer && theirs.kind === mine.of;
      case 'enum':
      case 'enum64':
        return isEnum(theirs.kind) && enumsMatch(mine, theirs as EnumType);
      case 'struct':
      case 'union':
        return this.#composites(mine, theirs, behindPointer, depth);
      case 'int':
        return theirs.kind === 'int' && theirs.size === mine.size && theirs.signed === mine.signed;
      case 'ptr':
        return theirs.kind === 'ptr' && this.types(mine.type, theirs.type, true, depth + 1);
      case 'array':
        return (
          theirs.kind === 'array' &&
          theirs.count === mine.count &&
          this.types(mine.type, theirs.type, behindPointer, depth + 1)
        );
      case 'func_proto':
        return (
          theirs.kind === 'func_proto' &&
          theirs.params.length === mine.params.length &&
          mine.params.every((param, i) => this.types(param.type, theirs.params[i]!.type, false, depth + 1)) &&
          this.types(mine.returns, theirs.returns, behindPointer, depth + 1)
        );
      default:
        return mine.kind === 'void' && theirs.kind === 'void';
    }
  }

  #composites(mine: CompositeType, theirs: BtfType, behindPointer: boolean, depth: number): boolean {
    if (behindPointer) return theirs.kind === mine.kind || (theirs.kind === 'fwd' && theirs.of === mine.kind);
    if (theirs.kind !== mine.kind || mine.members.length > theirs.members.length) return false;
    const pair = `${mine.id} ${theirs.id}`;
    const known = this.#structs.get(pair);
    if (known !== undefined) return known;
    this.#structs.set(pair, false);
    const matches = mine.members.every((member) =>
      theirs.members.some(
        (other) => sameName(member.name, other.name) && this.types(member.type, other.type, behindPointer, depth + 1),
      ),
    );
    this.#structs.set(pair, matches);
    return matches;
  }
}

function enumsMatch(mine: EnumType, theirs: EnumType): boolean {
  if (mine.size !== theirs.size || mine.values.length > theirs.values.length) return false;
  const names = new Set(theirs.values.map(({ name }) => essentialName(name)));
  return mine.values.every(({ name }) => names.has(essentialName(name)));
}

function sameName(mine: string, theirs: string): boolean {
  return essentialName(mine) === essentialName(theirs);
}
