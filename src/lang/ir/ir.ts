/**
 * The intermediate representation: a control-flow graph of three-address code close to eBPF. Values are virtual
 * 64-bit registers, assigned any number of times (not SSA); aggregates live in slots. The lowering decides types,
 * so every operation here is untyped and states its width.
 */
import type { SourceLine } from '../../bpf/asm/instruction.ts';

/** A virtual register, created by `FunctionBuilder.reg()`. */
export interface Reg {
  readonly kind: 'reg';
  readonly id: number;
}
export interface Imm {
  readonly kind: 'imm';
  readonly value: bigint;
}
export type Operand = Reg | Imm;

/** Bytes in the frame, or in a per-program per-CPU scratch value when the frame (512 bytes) is too small. */
export interface Slot {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly align: 1 | 2 | 4 | 8;
  /** 'frame' where the verifier must track what is stored (kernel pointers), else 'any'. */
  readonly place: 'frame' | 'any';
}

/** base + offset; the base is a pointer in a register, or a slot. */
export interface Address {
  readonly base: Reg | Slot;
  readonly offset: number;
}

export type Size = 1 | 2 | 4 | 8;
export type Width = 32 | 64;
export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'udiv'
  | 'sdiv'
  | 'umod'
  | 'smod'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'ushr'
  | 'sshr';
export type Comparison = 'eq' | 'ne' | 'ult' | 'ule' | 'ugt' | 'uge' | 'slt' | 'sle' | 'sgt' | 'sge' | 'set';
export type AtomicOp = 'add' | 'and' | 'or' | 'xor' | 'xchg' | 'cmpxchg';

export type Op =
  | { readonly op: 'mov'; readonly dst: Reg; readonly src: Operand; readonly width?: Width }
  | {
      readonly op: 'binary';
      readonly fn: BinaryOp;
      readonly dst: Reg;
      readonly a: Operand;
      readonly b: Operand;
      readonly width: Width;
    }
  | { readonly op: 'neg'; readonly dst: Reg; readonly src: Operand; readonly width: Width }
  /** Keeps the low `size` bytes, sign- or zero-extended to 64 bits. */
  | {
      readonly op: 'extend';
      readonly dst: Reg;
      readonly src: Operand;
      readonly size: 1 | 2 | 4;
      readonly signed: boolean;
    }
  | { readonly op: 'byteswap'; readonly dst: Reg; readonly src: Operand; readonly size: 2 | 4 | 8 }
  /** Direct load: context, frame, map value, or a BTF-typed kernel pointer. */
  | { readonly op: 'load'; readonly dst: Reg; readonly from: Address; readonly size: Size; readonly signed: boolean }
  | { readonly op: 'store'; readonly to: Address; readonly size: Size; readonly src: Operand }
  | {
      readonly op: 'atomic';
      readonly fn: AtomicOp;
      readonly at: Address;
      readonly size: 4 | 8;
      readonly src: Reg;
      readonly fetch?: Reg;
      readonly expected?: Reg;
    }
  /** Both ranges are directly readable and writable memory; sizes are constants. */
  | { readonly op: 'copy'; readonly to: Address; readonly from: Address; readonly bytes: number }
  | { readonly op: 'zero'; readonly at: Address; readonly bytes: number }
  /** The slot holds nothing from here on: what was put into it before, in an earlier round of a loop, is not read again. */
  | { readonly op: 'fresh'; readonly slot: Slot }
  | { readonly op: 'addressOf'; readonly dst: Reg; readonly of: Address }
  | { readonly op: 'map'; readonly dst: Reg; readonly map: string }
  | { readonly op: 'mapValue'; readonly dst: Reg; readonly map: string; readonly offset: number }
  | { readonly op: 'functionAddress'; readonly dst: Reg; readonly name: string }
  | { readonly op: 'kernelSymbol'; readonly dst: Reg; readonly name: string }
  /** A helper by its name without `bpf_` (map_lookup_elem, probe_read_user, …). At most five arguments. */
  | { readonly op: 'helper'; readonly dst?: Reg; readonly name: string; readonly args: readonly Operand[] }
  | { readonly op: 'kfunc'; readonly dst?: Reg; readonly name: string; readonly args: readonly Operand[] }
  | { readonly op: 'call'; readonly dst?: Reg; readonly name: string; readonly args: readonly Operand[] };

export type Terminator =
  | { readonly op: 'jump'; readonly to: BlockId }
  | {
      readonly op: 'branch';
      readonly cmp: Comparison;
      readonly a: Operand;
      readonly b: Operand;
      readonly width: Width;
      readonly then: BlockId;
      readonly else: BlockId;
    }
  /** A loop's guard: `then` while the kernel lets it go on (may_goto; a counter where the kernel has none), else `else`. */
  | { readonly op: 'guard'; readonly then: BlockId; readonly else: BlockId }
  | { readonly op: 'return'; readonly value: Operand };

export type BlockId = number;

export type Located<T> = T & { readonly source?: SourceLine };

export interface Block {
  readonly id: BlockId;
  readonly ops: Located<Op>[];
  /** Set once the block is complete. */
  end?: Located<Terminator>;
}

export interface IrFunction {
  readonly name: string;
  /** Registers that hold the arguments on entry; the entry function's only one is the context. */
  readonly parameters: readonly Reg[];
  /** Each at the index that is its id; the first is the entry. */
  readonly blocks: readonly Block[];
  readonly slots: readonly Slot[];
  /** Number of virtual registers. */
  readonly registers: number;
  /** Takes and gives numbers only, so that the verifier can look at it alone instead of once for each call. */
  readonly isGlobal?: boolean;
}

/** One program: the entry function first, then those that it calls. */
export interface IrProgram {
  readonly name: string;
  readonly functions: readonly IrFunction[];
  /**
   * Another task may enter it on the same CPU before it ends: uprobes, where the kernel preempts or the program
   * sleeps. (Others run with preemption off, or are skipped when they run already.)
   */
  readonly reentrant?: boolean;
}
