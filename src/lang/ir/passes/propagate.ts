/** Constant and copy propagation: readers of a known value or of a copy use the value or the original. */
import { fitsInt32 } from '../evaluate.ts';
import type { BlockId, IrFunction, Located, Op, Operand, Reg, Terminator } from '../ir.ts';
import { definition, knownAfter, mapUses } from '../operands.ts';
import { countDefinitions } from './definitions.ts';
import { predecessorsOf } from './order.ts';
import { simplifyOp, simplifyTerminator } from './simplify.ts';
import { countUses } from './uses.ts';

/** Expects blocks in an order where definitions come before their uses (`orderBlocks`). */
export function propagate(fn: IrFunction): IrFunction {
  return new Propagation(fn).run();
}

/** Values of registers with many definitions, at one point. */
type Known = Map<number, Operand>;

class Propagation {
  readonly #fn: IrFunction;
  readonly #definitions: Uint8Array;
  /** Values of registers with one definition. */
  readonly #global: (Operand | undefined)[];
  /** Bits that can be set, for registers with one definition; 64 where nothing is known. */
  readonly #bits: Uint8Array;
  /** Registers that are extensions of others, where both have one definition. */
  readonly #extensions = new Map<number, { readonly of: Reg; readonly size: number }>();
  /** Registers that are others plus a constant, which they are read for only once. */
  readonly #sums = new Map<number, { readonly of: Reg; readonly plus: bigint }>();
  readonly #uses: Uint32Array;
  /** Registers that `#local` was ever told of a copy of. */
  readonly #copied: Uint8Array;
  #local: Known = new Map();
  /** What registers are replaced in, and by what. */
  #reader!: Op | Terminator;
  readonly #valueOf = (reg: Reg): Operand | null => {
    const value = this.#local.get(reg.id) ?? this.#global[reg.id];
    if (!value || (value.kind === 'imm' && !usableInPlace(value.value, this.#reader))) return null;
    return value;
  };

  constructor(fn: IrFunction) {
    this.#fn = fn;
    this.#definitions = countDefinitions(fn);
    this.#uses = countUses(fn);
    this.#global = new Array(fn.registers).fill(undefined);
    this.#bits = new Uint8Array(fn.registers).fill(64);
    this.#copied = new Uint8Array(fn.registers);
  }

  run(): IrFunction {
    const before = predecessorsOf(this.#fn);
    const atEnd: (Known | undefined)[] = [];
    const blocks = this.#fn.blocks.map((block) => {
      this.#local = this.#entryState(block.id, before[block.id]!, atEnd);
      this.#sums.clear();
      const ops = block.ops.map((op) => this.#op(op));
      const end = located(simplifyTerminator(this.#replaceIn(block.end!)), block.end!);
      atEnd.push(this.#local);
      return { id: block.id, ops, end };
    });
    return { ...this.#fn, blocks };
  }

  /** A block with one way in knows what was known there, and how the branch went. */
  #entryState(block: BlockId, before: readonly BlockId[], atEnd: readonly (Known | undefined)[]): Known {
    const [only, second] = before;
    if (only === undefined || second !== undefined || only >= block) return new Map();
    const known: Known = new Map(atEnd[only]);
    const end = this.#fn.blocks[only]!.end!;
    if (end.op !== 'branch' || end.then === end.else) return known;
    const equal = knownAfter(end, end.then === block ? 'then' : 'else');
    if (equal) known.set(equal.reg.id, { kind: 'imm', value: equal.value });
    return known;
  }

  #op(original: Located<Op>): Located<Op> {
    const op = located(
      this.#narrow(this.#withoutExtensions(this.#sum(simplifyOp(this.#replaceIn(original))))),
      original,
    );
    const dst = definition(op);
    if (!dst) return op;
    this.#forget(dst);
    const value = op.op === 'mov' && op.width !== 32 ? op.src : undefined;
    if (value && !(value.kind === 'reg' && value.id === dst.id)) this.#learn(dst, value);
    if (this.#definitions[dst.id] !== 1) return op;
    this.#bits[dst.id] = this.#bitsOf(op);
    const plus = this.#uses[dst.id] === 1 ? constantAdded(op) : undefined;
    if (plus) this.#sums.set(dst.id, plus);
    if (op.op === 'extend' && op.src.kind === 'reg' && this.#definitions[op.src.id] === 1)
      this.#extensions.set(dst.id, { of: op.src, size: op.size });
    return op;
  }

  #learn(dst: Reg, value: Operand): void {
    const stays = value.kind === 'imm' || this.#definitions[value.id] === 1;
    if (stays && this.#definitions[dst.id] === 1) this.#global[dst.id] = value;
    else {
      this.#local.set(dst.id, value);
      if (value.kind === 'reg') this.#copied[value.id] = 1;
    }
  }

  /** The register changes: what it was, and what was a copy of it, no longer holds. */
  #forget(dst: Reg): void {
    this.#local.delete(dst.id);
    if (this.#definitions[dst.id] === 1) return;
    this.#sums.forEach((sum, reg) => {
      if (sum.of.id === dst.id) this.#sums.delete(reg);
    });
    if (this.#copied[dst.id] === 0) return;
    this.#local.forEach((value, reg) => {
      if (value.kind === 'reg' && value.id === dst.id) this.#local.delete(reg);
    });
  }

  #replaceIn<T extends Op | Terminator>(node: T): T {
    this.#reader = node;
    return mapUses(node, this.#valueOf);
  }

  /** (x + 1) + 2 is x + 3. */
  #sum(op: Op): Op {
    const added = constantAdded(op);
    const inner = added && this.#sums.get(added.of.id);
    if (!inner || op.op !== 'binary') return op;
    return simplifyOp({ ...op, a: inner.of, b: { kind: 'imm', value: BigInt.asIntN(64, inner.plus + added.plus) } });
  }

  /** What looks at the low bytes only does not need them extended. */
  #withoutExtensions(node: Op): Op {
    const size = lowBytesRead(node);
    if (size === 8 || this.#extensions.size === 0) return node;
    const base = node.op === 'store' && 'kind' in node.to.base ? node.to.base.id : undefined;
    return mapUses(node, (reg) => {
      const extension = reg.id === base ? undefined : this.#extensions.get(reg.id);
      return extension && extension.size >= size ? extension.of : null;
    });
  }

  /** Extensions and masks that change nothing become copies. */
  #narrow(op: Op): Op {
    if (op.op === 'extend' && !op.signed && this.#operandBits(op.src) <= op.size * 8)
      return { op: 'mov', dst: op.dst, src: op.src };
    if (op.op === 'extend' && op.signed && this.#operandBits(op.src) < op.size * 8)
      return { op: 'mov', dst: op.dst, src: op.src };
    if (op.op === 'mov' && op.width === 32 && this.#operandBits(op.src) <= 32)
      return { op: 'mov', dst: op.dst, src: op.src };
    return op;
  }

  #operandBits(operand: Operand): number {
    if (operand.kind === 'reg') return this.#bits[operand.id]!;
    const { value } = operand;
    if (value < 0n) return 64;
    return value <= 0xffffffffn ? Math.max(1, 32 - Math.clz32(Number(value))) : value.toString(2).length;
  }

  #bitsOf(op: Op): number {
    switch (op.op) {
      case 'mov':
        return op.width === 32 ? Math.min(32, this.#operandBits(op.src)) : this.#operandBits(op.src);
      case 'load':
      case 'extend':
        return op.signed ? 64 : op.size * 8;
      case 'binary':
        if (op.fn === 'and') return Math.min(op.width, this.#operandBits(op.a), this.#operandBits(op.b));
        if (op.fn === 'ushr' && op.b.kind === 'imm' && op.b.value >= 0n && op.b.value < BigInt(op.width))
          return Math.max(0, Math.min(op.width, this.#operandBits(op.a)) - Number(op.b.value));
        return op.width;
      case 'neg':
        return op.width;
      default:
        return 64;
    }
  }
}

function constantAdded(op: Op): { of: Reg; plus: bigint } | undefined {
  if (op.op !== 'binary' || op.fn !== 'add' || op.width !== 64) return undefined;
  return op.a.kind === 'reg' && op.b.kind === 'imm' ? { of: op.a, plus: op.b.value } : undefined;
}

/**
 * How many low bytes of its operands decide what an operation does. Branches count as reading all: what the verifier
 * learns from one it learns about that register, not about the one that was extended.
 */
function lowBytesRead(node: Op): number {
  switch (node.op) {
    case 'store':
    case 'extend':
      return node.size;
    case 'mov':
    case 'binary':
      return node.width === 32 ? 4 : 8;
    default:
      return 8;
  }
}

/** Constants that need an ld_imm64 stay in their register, unless reading them here folds the operation away. */
function usableInPlace(value: bigint, node: Op | Terminator): boolean {
  return fitsInt32(BigInt.asIntN(64, value)) || FOLDING.has(node.op);
}
const FOLDING: ReadonlySet<string> = new Set(['mov', 'neg', 'extend', 'byteswap']);

function located<T extends Op | Terminator>(node: T, like: Located<Op | Terminator>): Located<T> {
  return like.source === undefined || 'source' in node ? node : { ...node, source: like.source };
}
