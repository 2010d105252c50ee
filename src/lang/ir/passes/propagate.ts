/** Constant and copy propagation: readers of a known value or of a copy use the value or the original. */
import { fitsInt32 } from '../evaluate.ts';
import type { BlockId, IrFunction, Located, Op, Operand, Reg, Terminator } from '../ir.ts';
import { definition, mapUses } from '../operands.ts';
import { countDefinitions } from './definitions.ts';
import { predecessorsOf } from './order.ts';
import { simplifyOp, simplifyTerminator } from './simplify.ts';

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
  #local: Known = new Map();

  constructor(fn: IrFunction) {
    this.#fn = fn;
    this.#definitions = countDefinitions(fn);
    this.#global = new Array(fn.registers).fill(undefined);
    this.#bits = new Uint8Array(fn.registers).fill(64);
  }

  run(): IrFunction {
    const before = predecessorsOf(this.#fn);
    const atEnd: (Known | undefined)[] = [];
    const blocks = this.#fn.blocks.map((block) => {
      this.#local = this.#entryState(block.id, before[block.id]!, atEnd);
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
    if (end.op === 'branch' && end.width === 64 && end.a.kind === 'reg' && end.b.kind === 'imm') {
      const equal = (end.cmp === 'eq' && end.then === block) || (end.cmp === 'ne' && end.else === block);
      if (equal && end.then !== end.else) known.set(end.a.id, end.b);
    }
    return known;
  }

  #op(original: Located<Op>): Located<Op> {
    const op = located(this.#narrow(simplifyOp(this.#replaceIn(original))), original);
    const dst = definition(op);
    if (!dst) return op;
    this.#forget(dst);
    const value = op.op === 'mov' && op.width !== 32 ? op.src : undefined;
    if (value && !(value.kind === 'reg' && value.id === dst.id)) this.#learn(dst, value);
    if (this.#definitions[dst.id] === 1) this.#bits[dst.id] = this.#bitsOf(op);
    return op;
  }

  #learn(dst: Reg, value: Operand): void {
    const stays = value.kind === 'imm' || this.#definitions[value.id] === 1;
    if (stays && this.#definitions[dst.id] === 1) this.#global[dst.id] = value;
    else this.#local.set(dst.id, value);
  }

  /** The register changes: what it was, and what was a copy of it, no longer holds. */
  #forget(dst: Reg): void {
    this.#local.delete(dst.id);
    if (this.#definitions[dst.id] === 1) return;
    for (const [reg, value] of this.#local) if (value.kind === 'reg' && value.id === dst.id) this.#local.delete(reg);
  }

  #replaceIn<T extends Op | Terminator>(node: T): T {
    return mapUses(node, (reg) => {
      const value = this.#local.get(reg.id) ?? this.#global[reg.id];
      if (!value || (value.kind === 'imm' && !usableInPlace(value.value, node))) return null;
      return value;
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
    return operand.value < 0n ? 64 : operand.value.toString(2).length;
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

/** Constants that need an ld_imm64 stay in their register, unless reading them here folds the operation away. */
function usableInPlace(value: bigint, node: Op | Terminator): boolean {
  return fitsInt32(BigInt.asIntN(64, value)) || FOLDING.has(node.op);
}
const FOLDING: ReadonlySet<string> = new Set(['mov', 'neg', 'extend', 'byteswap']);

function located<T extends Op | Terminator>(node: T, like: Located<Op | Terminator>): Located<T> {
  return like.source === undefined || 'source' in node ? node : { ...node, source: like.source };
}
