/** Builds one IR function: creates registers, slots and blocks, and appends operations to the current block. */
import { PebbleError } from '../../base/errors.ts';
import type { SourceLine } from '../../bpf/asm/instruction.ts';
import type {
  Address,
  AtomicOp,
  BinaryOp,
  Block,
  BlockId,
  Comparison,
  Imm,
  IrFunction,
  Located,
  Op,
  Operand,
  Reg,
  Size,
  Slot,
  Terminator,
  Width,
} from './ir.ts';

export function imm(value: number | bigint): Imm {
  return { kind: 'imm', value: BigInt(value) };
}

export function address(base: Reg | Slot, offset = 0): Address {
  return { base, offset };
}

export class FunctionBuilder {
  readonly name: string;
  readonly parameters: readonly Reg[];
  readonly #blocks: Block[] = [];
  readonly #slots: Slot[] = [];
  #registers = 0;
  #current: Block;
  #source: SourceLine | undefined;

  constructor(name: string, parameters: number) {
    this.name = name;
    this.parameters = Array.from({ length: parameters }, () => this.reg());
    this.#current = this.#newBlock();
  }

  reg(): Reg {
    return { kind: 'reg', id: this.#registers++ };
  }

  /** `place: 'frame'` where a kernel pointer is stored in it; otherwise large slots may leave the frame. */
  slot(name: string, size: number, options: { align?: Slot['align']; place?: Slot['place'] } = {}): Slot {
    const slot: Slot = { id: this.#slots.length, name, size, align: options.align ?? 8, place: options.place ?? 'any' };
    this.#slots.push(slot);
    return slot;
  }

  /** A new empty block; `enter` makes it the current one. */
  block(): BlockId {
    return this.#newBlock().id;
  }

  enter(block: BlockId): void {
    const found = this.#blocks[block];
    if (!found) throw this.#bug(`there is no block ${block}`);
    this.#current = found;
  }

  get current(): BlockId {
    return this.#current.id;
  }

  /** The current block is complete: what is emitted next is unreachable. */
  get ended(): boolean {
    return this.#current.end !== undefined;
  }

  /** Everything emitted inside `body` belongs to this place of the script. */
  withSource<T>(source: SourceLine | undefined, body: () => T): T {
    const outer = this.#source;
    this.#source = source ?? outer;
    try {
      return body();
    } finally {
      this.#source = outer;
    }
  }

  /** After a terminator, a fresh block takes what follows it (a pass drops it). */
  emit(op: Op): void {
    if (this.#current.end) this.#current = this.#newBlock();
    this.#current.ops.push(this.#located(op));
  }

  /** Ends the current block; ignored in a block that already ended (a jump after `return`). */
  terminate(end: Terminator): void {
    this.#current.end ??= this.#located(end);
  }

  // Values: each returns the register that holds the result, a new one unless `dst` is given.

  mov(src: Operand, dst = this.reg(), width: Width = 64): Reg {
    this.emit(width === 64 ? { op: 'mov', dst, src } : { op: 'mov', dst, src, width });
    return dst;
  }

  binary(fn: BinaryOp, a: Operand, b: Operand, width: Width = 64, dst = this.reg()): Reg {
    this.emit({ op: 'binary', fn, dst, a, b, width });
    return dst;
  }

  add(a: Operand, b: Operand, dst = this.reg()): Reg {
    return this.binary('add', a, b, 64, dst);
  }

  sub(a: Operand, b: Operand, dst = this.reg()): Reg {
    return this.binary('sub', a, b, 64, dst);
  }

  neg(src: Operand, width: Width = 64, dst = this.reg()): Reg {
    this.emit({ op: 'neg', dst, src, width });
    return dst;
  }

  /** Keeps the low `size` bytes, sign- or zero-extended to 64 bits. */
  extend(src: Operand, size: 1 | 2 | 4, signed: boolean, dst = this.reg()): Reg {
    this.emit({ op: 'extend', dst, src, size, signed });
    return dst;
  }

  byteswap(src: Operand, size: 2 | 4 | 8, dst = this.reg()): Reg {
    this.emit({ op: 'byteswap', dst, src, size });
    return dst;
  }

  /** 0 or 1. */
  compare(cmp: Comparison, a: Operand, b: Operand, width: Width = 64, dst = this.reg()): Reg {
    const result = this.mov(imm(0));
    this.when(cmp, a, b, () => this.mov(imm(1), result), undefined, width);
    return this.mov(result, dst);
  }

  load(from: Address, size: Size, signed = false, dst = this.reg()): Reg {
    this.emit({ op: 'load', dst, from, size, signed });
    return dst;
  }

  store(to: Address, size: Size, src: Operand): void {
    this.emit({ op: 'store', to, size, src });
  }

  atomic(fn: AtomicOp, at: Address, size: 4 | 8, src: Reg, extra: { fetch?: Reg; expected?: Reg } = {}): void {
    this.emit({ op: 'atomic', fn, at, size, src, ...extra });
  }

  copy(to: Address, from: Address, bytes: number): void {
    if (bytes > 0) this.emit({ op: 'copy', to, from, bytes });
  }

  zero(at: Address, bytes: number): void {
    if (bytes > 0) this.emit({ op: 'zero', at, bytes });
  }

  fresh(slot: Slot): void {
    this.emit({ op: 'fresh', slot });
  }

  addressOf(of: Address, dst = this.reg()): Reg {
    this.emit({ op: 'addressOf', dst, of });
    return dst;
  }

  map(map: string, dst = this.reg()): Reg {
    this.emit({ op: 'map', dst, map });
    return dst;
  }

  mapValue(map: string, offset = 0, dst = this.reg()): Reg {
    this.emit({ op: 'mapValue', dst, map, offset });
    return dst;
  }

  functionAddress(name: string, dst = this.reg()): Reg {
    this.emit({ op: 'functionAddress', dst, name });
    return dst;
  }

  kernelSymbol(name: string, dst = this.reg()): Reg {
    this.emit({ op: 'kernelSymbol', dst, name });
    return dst;
  }

  helper(name: string, args: readonly Operand[], dst = this.reg()): Reg {
    this.emit({ op: 'helper', dst, name, args });
    return dst;
  }

  kfunc(name: string, args: readonly Operand[], dst = this.reg()): Reg {
    this.emit({ op: 'kfunc', dst, name, args });
    return dst;
  }

  call(name: string, args: readonly Operand[], dst = this.reg()): Reg {
    this.emit({ op: 'call', dst, name, args });
    return dst;
  }

  // Control flow.

  jump(to: BlockId): void {
    this.terminate({ op: 'jump', to });
  }

  branch(cmp: Comparison, a: Operand, b: Operand, then: BlockId, otherwise: BlockId, width: Width = 64): void {
    this.terminate({ op: 'branch', cmp, a, b, width, then, else: otherwise });
  }

  guard(then: BlockId, otherwise: BlockId): void {
    this.terminate({ op: 'guard', then, else: otherwise });
  }

  return(value: Operand = imm(0)): void {
    this.terminate({ op: 'return', value });
  }

  /** if (a cmp b) then() else otherwise(); continues in a new block behind both. */
  when(cmp: Comparison, a: Operand, b: Operand, then: () => void, otherwise?: () => void, width: Width = 64): void {
    const yes = this.block();
    const after = this.block();
    const no = otherwise ? this.block() : after;
    this.branch(cmp, a, b, yes, no, width);
    this.enter(yes);
    then();
    this.jump(after);
    if (otherwise) {
      this.enter(no);
      otherwise();
      this.jump(after);
    }
    this.enter(after);
  }

  /** The finished function. Every block must have ended, but one that nothing was put into. */
  finish(): IrFunction {
    for (const block of this.#blocks) {
      if (block.end) continue;
      if (block.ops.length > 0 || block.id === 0) throw this.#bug(`block ${block.id} has no terminator`);
      block.end = { op: 'return', value: imm(0) };
    }
    return {
      name: this.name,
      parameters: this.parameters,
      blocks: this.#blocks,
      slots: this.#slots,
      registers: this.#registers,
    };
  }

  #newBlock(): Block {
    const block: Block = { id: this.#blocks.length, ops: [] };
    this.#blocks.push(block);
    return block;
  }

  #located<T extends Op | Terminator>(node: T): Located<T> {
    return this.#source === undefined ? node : { ...node, source: this.#source };
  }

  #bug(what: string): PebbleError {
    return new PebbleError('internal', { doing: `building IR function ${this.name}`, what });
  }
}
