/** BTF types as C source: declarations ("struct sock *sk") and definitions of structs, enums, functions. */
import { PebbleError } from '../../base/errors.ts';
import type { Btf } from './btf.ts';
import { alignOf, sizeOf } from './layout.ts';
import type { BtfType, CompositeType, EnumType, FuncProtoType, TypeId } from './types.ts';

/** Real types stay far below; damaged BTF may have circles, and gaps of gigabytes. */
const MAX_DEPTH = 64;
const MAX_LINES = 100_000;
/** Types of the unnamed bit-fields that stand for gaps, by bits. */
const PADS = [
  [64, 'long'],
  [32, 'int'],
  [16, 'short'],
  [8, 'char'],
] as const;

/** `name` declared as of the type; the bare type without a name. */
export function cDeclaration(btf: Btf, id: TypeId, name = ''): string {
  return new Printer(btf).declare(id, name);
}

/** The definition of a struct, union, enum, typedef, function or variable, with its semicolon. */
export function cDefinition(btf: Btf, id: TypeId): string {
  return `${new Printer(btf).define(btf.type(id))};`;
}

class Printer {
  readonly #btf: Btf;
  #depth = 0;
  #lines = 0;
  #indent = '';

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  define(type: BtfType): string {
    switch (type.kind) {
      case 'struct':
      case 'union':
        return this.#composite(type);
      case 'enum':
      case 'enum64':
        return this.#enum(type);
      case 'typedef':
        return `typedef ${this.declare(type.type, type.name)}`;
      case 'func':
      case 'var':
        return this.declare(type.type, type.name);
      default:
        return this.declare(type.id, '');
    }
  }

  /** Works from the name outwards: `inner` is what is already written, `qualifiers` wait for what they qualify. */
  declare(id: TypeId, inner: string, qualifiers = ''): string {
    if (++this.#depth > MAX_DEPTH) this.#fail(`type ${id} refers to itself`);
    const text = this.#declare(this.#btf.type(id), inner, qualifiers);
    this.#depth--;
    return text;
  }

  #declare(type: BtfType, inner: string, qualifiers: string): string {
    switch (type.kind) {
      case 'const':
      case 'volatile':
      case 'restrict':
        return this.declare(
          type.type,
          inner,
          qualifiers.includes(type.kind) ? qualifiers : `${qualifiers}${type.kind} `,
        );
      case 'type_tag':
        return this.declare(type.type, inner, qualifiers);
      case 'ptr':
        return this.#pointer(type.type, inner, qualifiers);
      case 'array':
        return this.declare(type.type, `${inner}[${type.count}]`, qualifiers);
      case 'func_proto':
        return this.declare(type.returns, `${inner}(${this.#params(type)})`);
      default:
        return `${qualifiers}${this.#baseName(type)}${inner === '' ? '' : ` ${inner}`}`;
    }
  }

  #pointer(target: TypeId, inner: string, qualifiers: string): string {
    const star = qualifiers === '' ? `*${inner}` : `* ${qualifiers}${inner}`.trimEnd();
    const kind = this.#btf.kindOf(target);
    if (kind === 'array' || kind === 'func_proto') return this.declare(target, `(${star})`);
    return this.declare(target, inner.startsWith('(') ? `* ${inner}` : star);
  }

  #params(type: FuncProtoType): string {
    if (type.params.length === 0) return 'void';
    return type.params.map((param) => (param.type === 0 ? '...' : this.declare(param.type, param.name))).join(', ');
  }

  #baseName(type: BtfType): string {
    switch (type.kind) {
      case 'void':
        return 'void';
      case 'struct':
      case 'union':
        return type.name === '' ? this.#composite(type) : `${type.kind} ${type.name}`;
      case 'enum':
      case 'enum64':
        return type.name === '' ? this.#enum(type) : `enum ${type.name}`;
      case 'fwd':
        return `${type.of} ${type.name}`;
      case 'int':
      case 'float':
      case 'typedef':
        return type.name;
      default:
        return this.#fail(`type ${type.id} (${type.kind}) is not a type of C`);
    }
  }

  #composite(type: CompositeType): string {
    const head = type.name === '' ? type.kind : `${type.kind} ${type.name}`;
    if (type.members.length === 0) return `${head} {}`;
    const outer = this.#indent;
    this.#indent += '\t';
    const lines = this.#members(type).map((line) => `${this.#indent}${line};\n`);
    this.#indent = outer;
    return `${head} {\n${lines.join('')}${outer}}${this.#isPacked(type) ? ' __attribute__((packed))' : ''}`;
  }

  #members(type: CompositeType): string[] {
    const lines: string[] = [];
    let end = 0;
    for (const member of type.members) {
      if (type.kind === 'struct') lines.push(...this.#padding(end, member.offsetBits, member.type, member.bitSize));
      const bits = member.bitSize > 0 ? `: ${member.bitSize}` : '';
      lines.push(this.declare(member.type, member.name) + bits);
      this.#count(1);
      end = member.offsetBits + (member.bitSize || sizeOf(this.#btf, member.type) * 8);
    }
    if (type.kind === 'struct') lines.push(...this.#tail(type, end));
    return lines;
  }

  /** Unnamed bit-fields where alignment alone does not explain the gap before a member. */
  #padding(end: number, start: number, memberType: TypeId, bitSize: number): string[] {
    const align = bitSize > 0 ? 1 : alignOf(this.#btf, memberType) * 8;
    return start <= alignUp(end, align) ? [] : this.#pads(end, start);
  }

  #tail(type: CompositeType, end: number): string[] {
    const align = alignOf(this.#btf, type.id) * 8;
    return type.size * 8 > alignUp(end, align) ? this.#pads(end, type.size * 8) : [];
  }

  #pads(from: number, to: number): string[] {
    this.#count((to - from) / PADS[0][0]);
    return pads(from, to);
  }

  #count(lines: number): void {
    this.#lines += lines;
    if (this.#lines > MAX_LINES) this.#fail(`a definition of more than ${MAX_LINES} lines`);
  }

  /** A member that lies where its type's alignment would not let it, or a size that is no multiple of it. */
  #isPacked(type: CompositeType): boolean {
    const aligns = type.members.map((member) => alignOf(this.#btf, member.type));
    return (
      type.size % Math.max(1, ...aligns) !== 0 ||
      type.members.some((member, i) => member.bitSize === 0 && member.offsetBits % (aligns[i]! * 8) !== 0)
    );
  }

  #enum(type: EnumType): string {
    const head = type.name === '' ? 'enum' : `enum ${type.name}`;
    const inside = `${this.#indent}\t`;
    const lines = type.values.map(({ name, value }) => `${inside}${name} = ${value},\n`);
    return `${head} {\n${lines.join('')}${this.#indent}}`;
  }

  #fail(what: string): never {
    throw new PebbleError('format', { doing: `printing a type of ${this.#btf.name}`, what });
  }
}

/** The fewest fields between the bits `from` and `to`; a whole unit's own alignment covers the gap before it. */
function pads(from: number, to: number): string[] {
  const lines: string[] = [];
  for (let at = from; at < to; ) {
    const whole = PADS.find(([bits]) => alignUp(at, bits) + bits <= to);
    if (whole === undefined) return [...lines, `${partialUnit(at, to)}: ${to - at}`];
    const [bits, name] = whole;
    lines.push(`${name}: ${bits}`);
    at = alignUp(at, bits) + bits;
  }
  return lines;
}

/** The narrowest type in one aligned unit of which the bits lie. */
function partialUnit(from: number, to: number): string {
  const fitting = PADS.findLast(([bits]) => Math.floor(from / bits) === Math.floor((to - 1) / bits));
  return (fitting ?? PADS[0])[1];
}

function alignUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
