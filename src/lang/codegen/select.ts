/** Instruction selection: one IR function to machine code over virtual registers. */
import { PebbleError } from '../../base/errors.ts';
import { helperByName } from '../../bpf/asm/helpers.ts';
import type { Reference, SourceLine } from '../../bpf/asm/instruction.ts';
import {
  ALU,
  ATOMIC,
  CLASS,
  JUMP,
  MODE,
  OPCODE_CALL,
  OPCODE_EXIT,
  OPCODE_JA,
  OPCODE_LD_IMM64,
  SOURCE_REG,
} from '../../bpf/asm/opcodes.ts';
import type {
  Address,
  BinaryOp,
  BlockId,
  Comparison,
  IrFunction,
  Located,
  Op,
  Operand,
  Size,
  Terminator,
  Width,
} from '../ir/ir.ts';
import { slotOf, successors } from '../ir/operands.ts';
import type { SlotArea } from './frame.ts';
import {
  FIRST_VIRTUAL,
  FRAME,
  LEA,
  type MachineFunction,
  type MachineInsn,
  OPCODE_CONSTANT,
  OPCODE_COPY,
  OPCODE_MAY_GOTO,
  SIZE_BITS,
} from './machine.ts';

/** v4 adds signed division, sign extension in moves and loads, and long jumps (Linux 6.6). */
export type Isa = 'v3' | 'v4';

const BINARY: Record<BinaryOp, number> = {
  add: ALU.add,
  sub: ALU.sub,
  mul: ALU.mul,
  udiv: ALU.div,
  sdiv: ALU.div,
  umod: ALU.mod,
  smod: ALU.mod,
  and: ALU.and,
  or: ALU.or,
  xor: ALU.xor,
  shl: ALU.lsh,
  ushr: ALU.rsh,
  sshr: ALU.arsh,
};
const COMMUTATIVE = new Set<BinaryOp>(['add', 'mul', 'and', 'or', 'xor']);

/** Without these the old value is not returned. */
const FETCHING = {
  add: ATOMIC.fetchAdd,
  and: ATOMIC.fetchAnd,
  or: ATOMIC.fetchOr,
  xor: ATOMIC.fetchXor,
  xchg: ATOMIC.xchg,
} as const;

const COMPARE: Record<Comparison, number> = {
  eq: JUMP.eq,
  ne: JUMP.ne,
  ult: JUMP.lt,
  ule: JUMP.le,
  ugt: JUMP.gt,
  uge: JUMP.ge,
  slt: JUMP.slt,
  sle: JUMP.sle,
  sgt: JUMP.sgt,
  sge: JUMP.sge,
  set: JUMP.set,
};
/** a cmp b as b swapped a. */
const SWAPPED: Record<Comparison, Comparison> = {
  eq: 'eq',
  ne: 'ne',
  ult: 'ugt',
  ule: 'uge',
  ugt: 'ult',
  uge: 'ule',
  slt: 'sgt',
  sle: 'sge',
  sgt: 'slt',
  sge: 'sle',
  set: 'set',
};
/** Absent: JSET has no opposite. */
const NEGATED: Partial<Record<Comparison, Comparison>> = {
  eq: 'ne',
  ne: 'eq',
  ult: 'uge',
  uge: 'ult',
  ule: 'ugt',
  ugt: 'ule',
  slt: 'sge',
  sge: 'slt',
  sle: 'sgt',
  sgt: 'sle',
};

/** Up to here a copy or a zeroing is a row of loads and stores; above, one call of probe_read_kernel. */
const INLINE_BYTES = 256;

export function select(fn: IrFunction, slots: SlotArea, isa: Isa): MachineFunction {
  return new Selector(fn, slots, isa).run();
}

/** The frame object that holds the slots. */
const SLOT_AREA = 0;

/** Where memory is, in machine terms. */
interface Place {
  readonly base: number;
  readonly slot: number;
  readonly offset: number;
}

class Selector {
  readonly #fn: IrFunction;
  readonly #slots: SlotArea;
  readonly #isa: Isa;
  readonly #machine: MachineFunction;
  #insns: MachineInsn[] = [];
  #source: SourceLine | undefined;

  constructor(fn: IrFunction, slots: SlotArea, isa: Isa) {
    this.#fn = fn;
    this.#slots = slots;
    this.#isa = isa;
    this.#machine = {
      name: fn.name,
      parameters: fn.parameters.length,
      blocks: [],
      frame: [{ size: slots.bytes, align: 8 }],
      registers: FIRST_VIRTUAL + fn.registers,
    };
  }

  run(): MachineFunction {
    this.#source = this.#fn.blocks[0]!.ops[0]?.source ?? this.#fn.blocks[0]!.end?.source;
    this.#fn.parameters.forEach((parameter, i) => {
      this.#move(this.#reg(parameter), i + 1);
    });
    for (const block of this.#fn.blocks) {
      const end = block.end!;
      for (const op of block.ops) this.#op(op);
      this.#source = end.source;
      this.#terminator(end, block.id + 1);
      this.#machine.blocks.push({ insns: this.#insns, successors: successors(end), depth: 0 });
      this.#insns = [];
    }
    return this.#machine;
  }

  #push(part: Partial<MachineInsn> & { opcode: number }): MachineInsn {
    const insn: MachineInsn = {
      opcode: part.opcode,
      dst: part.dst ?? 0,
      src: part.src ?? 0,
      offset: part.offset ?? 0,
      imm: part.imm ?? 0,
      ref: part.ref,
      source: this.#source,
      target: part.target ?? -1,
      slot: part.slot ?? -1,
      args: part.args ?? 0,
    };
    this.#insns.push(insn);
    return insn;
  }

  #temp(): number {
    return this.#machine.registers++;
  }

  #reg(reg: { readonly id: number }): number {
    return FIRST_VIRTUAL + reg.id;
  }

  #move(dst: number, src: number): void {
    if (dst !== src) this.#push({ opcode: OPCODE_COPY, dst, src });
  }

  #constant(dst: number, value: bigint): void {
    const signed = BigInt.asIntN(64, value);
    if (fitsInt32(signed)) this.#push({ opcode: OPCODE_CONSTANT, dst, imm: Number(signed) });
    else if (signed > 0n && signed < 1n << 32n)
      this.#push({ opcode: CLASS.alu32 | ALU.mov, dst, imm: Number(BigInt.asIntN(32, signed)) });
    else this.#push({ opcode: OPCODE_LD_IMM64, dst, imm: signed });
  }

  #reference(dst: number, ref: Reference): void {
    this.#push({ opcode: OPCODE_LD_IMM64, dst, imm: 0n, ref });
  }

  #into(dst: number, operand: Operand): void {
    if (operand.kind === 'reg') this.#move(dst, this.#reg(operand));
    else this.#constant(dst, operand.value);
  }

  /** A register with the operand's value, which the caller does not change. */
  #asRegister(operand: Operand): number {
    if (operand.kind === 'reg') return this.#reg(operand);
    const temp = this.#temp();
    this.#constant(temp, operand.value);
    return temp;
  }

  #place(address: Address, bytes = 8): Place {
    const slot = slotOf(address);
    if (slot) return { base: FRAME, slot: SLOT_AREA, offset: this.#slots.offset(slot) + address.offset };
    return this.#near(FIRST_VIRTUAL + (address.base as { id: number }).id, address.offset, bytes);
  }

  /** Offsets are 16 bits signed. */
  #near(base: number, offset: number, bytes: number): Place {
    if (offset >= -0x8000 && offset + bytes <= 0x8000) return { base, slot: -1, offset };
    const temp = this.#temp();
    this.#move(temp, base);
    this.#push({ opcode: CLASS.alu64 | ALU.add, dst: temp, imm: offset });
    return { base: temp, slot: -1, offset: 0 };
  }

  #op(op: Located<Op>): void {
    this.#source = op.source;
    switch (op.op) {
      case 'mov':
        return this.#mov(this.#reg(op.dst), op.src, op.width ?? 64);
      case 'binary':
        return this.#binary(op.fn, this.#reg(op.dst), op.a, op.b, op.width);
      case 'neg': {
        this.#into(this.#reg(op.dst), op.src);
        this.#push({ opcode: aluClass(op.width) | ALU.neg, dst: this.#reg(op.dst) });
        return;
      }
      case 'extend':
        return this.#extend(this.#reg(op.dst), op.src, op.size, op.signed);
      case 'byteswap': {
        this.#into(this.#reg(op.dst), op.src);
        // Host order is little-endian, so "to big endian" always swaps.
        this.#push({ opcode: CLASS.alu32 | ALU.end | SOURCE_REG, dst: this.#reg(op.dst), imm: op.size * 8 });
        return;
      }
      case 'load':
        return this.#load(this.#reg(op.dst), this.#place(op.from, op.size), op.size, op.signed);
      case 'store':
        return this.#store(this.#place(op.to, op.size), op.size, op.src);
      case 'atomic':
        return this.#atomic(op);
      case 'copy':
        return this.#copy(op.to, op.from, op.bytes);
      case 'zero':
        return this.#zero(op.at, op.bytes);
      case 'addressOf':
        return this.#addressOf(this.#reg(op.dst), this.#place(op.of));
      case 'map':
        return this.#reference(this.#reg(op.dst), { kind: 'map', map: op.map });
      case 'mapValue':
        return this.#reference(this.#reg(op.dst), { kind: 'mapValue', map: op.map, offset: op.offset });
      case 'functionAddress':
        return this.#reference(this.#reg(op.dst), { kind: 'functionAddress', name: op.name });
      case 'kernelSymbol':
        return this.#reference(this.#reg(op.dst), { kind: 'kernelSymbol', name: op.name });
      case 'helper':
        return this.#call(op.args, op.dst, { imm: this.#helper(op.name) });
      case 'kfunc':
        return this.#call(op.args, op.dst, { ref: { kind: 'kfunc', name: op.name } });
      case 'call':
        return this.#call(op.args, op.dst, { ref: { kind: 'function', name: op.name } });
    }
  }

  #mov(dst: number, src: Operand, width: Width): void {
    if (width === 64) return this.#into(dst, src);
    if (src.kind === 'imm') return this.#constant(dst, BigInt.asUintN(32, src.value));
    this.#push({ opcode: CLASS.alu32 | ALU.mov | SOURCE_REG, dst, src: this.#reg(src) });
  }

  #binary(fn: BinaryOp, dst: number, a: Operand, b: Operand, width: Width): void {
    if (a.kind === 'imm' && b.kind === 'reg' && COMMUTATIVE.has(fn)) return this.#binary(fn, dst, b, a, width);
    if ((fn === 'sdiv' || fn === 'smod') && this.#isa === 'v3') return this.#signedDivide(fn, dst, a, b, width);
    if (fn === 'sub' && b.kind === 'imm' && fitsInt32(-asWidth(b.value, width)))
      return this.#binary('add', dst, a, { kind: 'imm', value: -asWidth(b.value, width) }, width);
    const signed = fn === 'sdiv' || fn === 'smod' ? 1 : 0;
    const clash = b.kind === 'reg' && this.#reg(b) === dst && !(a.kind === 'reg' && this.#reg(a) === dst);
    if (clash && COMMUTATIVE.has(fn)) return this.#alu(BINARY[fn], dst, a, width, signed);
    const result = clash ? this.#temp() : dst;
    this.#into(result, a);
    this.#alu(BINARY[fn], result, b, width, signed);
    this.#move(dst, result);
  }

  /** dst = dst op b. */
  #alu(operation: number, dst: number, b: Operand, width: Width, offset = 0): void {
    const value = b.kind === 'imm' ? immediateOf(operation, b.value, width) : undefined;
    if (value !== undefined) {
      this.#push({ opcode: aluClass(width) | operation, dst, offset, imm: value });
      return;
    }
    this.#push({ opcode: aluClass(width) | operation | SOURCE_REG, dst, src: this.#asRegister(b), offset });
  }

  /** |a| op |b| unsigned, then the sign: quotient by both signs, remainder by the dividend's. */
  #signedDivide(fn: 'sdiv' | 'smod', dst: number, a: Operand, b: Operand, width: Width): void {
    const [value, sign] = this.#magnitude(a, width);
    const [divisor, divisorSign] = this.#magnitude(b, width);
    this.#push({ opcode: CLASS.alu64 | BINARY[fn] | SOURCE_REG, dst: value, src: divisor });
    if (fn === 'sdiv') this.#push({ opcode: CLASS.alu64 | ALU.xor | SOURCE_REG, dst: sign, src: divisorSign });
    this.#push({ opcode: CLASS.alu64 | ALU.xor | SOURCE_REG, dst: value, src: sign });
    this.#push({ opcode: CLASS.alu64 | ALU.sub | SOURCE_REG, dst: value, src: sign });
    if (width === 64) this.#move(dst, value);
    else this.#push({ opcode: CLASS.alu32 | ALU.mov | SOURCE_REG, dst, src: value });
  }

  /** [|x|, sign mask of x], in fresh registers. */
  #magnitude(x: Operand, width: Width): [number, number] {
    const value = this.#temp();
    if (width === 64) this.#into(value, x);
    else this.#extend(value, x, 4, true);
    const sign = this.#temp();
    this.#move(sign, value);
    this.#push({ opcode: CLASS.alu64 | ALU.arsh, dst: sign, imm: 63 });
    this.#push({ opcode: CLASS.alu64 | ALU.xor | SOURCE_REG, dst: value, src: sign });
    this.#push({ opcode: CLASS.alu64 | ALU.sub | SOURCE_REG, dst: value, src: sign });
    return [value, sign];
  }

  #extend(dst: number, src: Operand, size: 1 | 2 | 4, signed: boolean): void {
    if (src.kind === 'imm') {
      const value = signed ? BigInt.asIntN(size * 8, src.value) : BigInt.asUintN(size * 8, src.value);
      return this.#constant(dst, value);
    }
    const from = this.#reg(src);
    if (!signed && size === 4) {
      this.#push({ opcode: CLASS.alu32 | ALU.mov | SOURCE_REG, dst, src: from });
    } else if (!signed) {
      this.#move(dst, from);
      this.#push({ opcode: CLASS.alu64 | ALU.and, dst, imm: size === 1 ? 0xff : 0xffff });
    } else if (this.#isa === 'v4') {
      this.#push({ opcode: OPCODE_COPY, dst, src: from, offset: size * 8 });
    } else {
      this.#move(dst, from);
      this.#shiftExtend(dst, size);
    }
  }

  #shiftExtend(dst: number, size: 1 | 2 | 4): void {
    const bits = 64 - size * 8;
    this.#push({ opcode: CLASS.alu64 | ALU.lsh, dst, imm: bits });
    this.#push({ opcode: CLASS.alu64 | ALU.arsh, dst, imm: bits });
  }

  #load(dst: number, from: Place, size: Size, signed: boolean): void {
    const extends_ = signed && size !== 8;
    const mode = extends_ && this.#isa === 'v4' ? MODE.memsx : MODE.mem;
    this.#push({
      opcode: CLASS.ldx | mode | SIZE_BITS[size],
      dst,
      src: from.base,
      offset: from.offset,
      slot: from.slot,
    });
    if (extends_ && mode === MODE.mem) this.#shiftExtend(dst, size as 1 | 2 | 4);
  }

  #store(to: Place, size: Size, src: Operand): void {
    const at = { dst: to.base, offset: to.offset, slot: to.slot };
    if (src.kind === 'imm') {
      const value = size === 8 ? BigInt.asIntN(64, src.value) : BigInt.asIntN(32, src.value);
      if (fitsInt32(value)) {
        this.#push({ opcode: CLASS.st | MODE.mem | SIZE_BITS[size], ...at, imm: Number(value) });
        return;
      }
    }
    this.#push({ opcode: CLASS.stx | MODE.mem | SIZE_BITS[size], ...at, src: this.#asRegister(src) });
  }

  #atomic(op: Op & { op: 'atomic' }): void {
    if (slotOf(op.at)) return this.#privateAtomic(op);
    const to = this.#place(op.at);
    const at = {
      opcode: CLASS.stx | MODE.atomic | SIZE_BITS[op.size],
      dst: to.base,
      offset: to.offset,
      slot: to.slot,
    };
    if (op.fn === 'cmpxchg') {
      if (!op.expected) throw this.#bug('cmpxchg without the expected value');
      this.#move(0, this.#reg(op.expected));
      this.#push({ ...at, src: this.#reg(op.src), imm: ATOMIC.cmpxchg });
      if (op.fetch) this.#move(this.#reg(op.fetch), 0);
      return;
    }
    if (!op.fetch && op.fn !== 'xchg') {
      this.#push({ ...at, src: this.#reg(op.src), imm: ATOMIC[op.fn] });
      return;
    }
    const value = this.#temp();
    this.#move(value, this.#reg(op.src));
    this.#push({ ...at, src: value, imm: FETCHING[op.fn] });
    if (op.fetch) this.#move(this.#reg(op.fetch), value);
  }

  /**
   * Nobody else sees a slot, so plain instructions do, and are faster. They also avoid a bug of the verifier (seen in
   * Linux 6.18): it does not trace the result of a fetching atomic back to the stack slot that it came from
   * (backtrack_insn), and so takes two states for equal that are not.
   */
  #privateAtomic({ fn, at, size, src, fetch, expected }: Op & { op: 'atomic' }): void {
    const place = this.#place(at, size);
    const old = this.#temp();
    this.#load(old, place, size, false);
    const result = this.#temp();
    if (fn === 'cmpxchg') {
      if (!expected) throw this.#bug('cmpxchg without the expected value');
      this.#exchangeIfEqual(result, old, this.#reg(expected), this.#reg(src), size);
    } else if (fn === 'xchg') {
      this.#move(result, this.#reg(src));
    } else {
      this.#move(result, old);
      this.#push({ opcode: CLASS.alu64 | BINARY[fn] | SOURCE_REG, dst: result, src: this.#reg(src) });
    }
    this.#push({
      opcode: CLASS.stx | MODE.mem | SIZE_BITS[size],
      dst: place.base,
      offset: place.offset,
      slot: place.slot,
      src: result,
    });
    if (fetch) this.#move(this.#reg(fetch), old);
  }

  /** result = old == expected ? src : old, without a branch. */
  #exchangeIfEqual(result: number, old: number, expected: number, src: number, size: 4 | 8): void {
    const alu = (operation: number, dst: number, by: number) =>
      this.#push({ opcode: CLASS.alu64 | operation | SOURCE_REG, dst, src: by });
    const mask = this.#temp();
    this.#push({ opcode: (size === 4 ? CLASS.alu32 : CLASS.alu64) | ALU.mov | SOURCE_REG, dst: mask, src: expected });
    alu(ALU.xor, mask, old);
    // All ones if the difference is 0, else 0: the sign bit of (d | −d) says which.
    const negative = this.#temp();
    this.#move(negative, mask);
    this.#push({ opcode: CLASS.alu64 | ALU.neg, dst: negative });
    alu(ALU.or, mask, negative);
    this.#push({ opcode: CLASS.alu64 | ALU.rsh, dst: mask, imm: 63 });
    this.#push({ opcode: CLASS.alu64 | ALU.sub, dst: mask, imm: 1 });
    this.#move(result, src);
    alu(ALU.xor, result, old);
    alu(ALU.and, result, mask);
    alu(ALU.xor, result, old);
  }

  #copy(to: Address, from: Address, bytes: number): void {
    const target = this.#place(to, bytes);
    const origin = this.#place(from, bytes);
    if (bytes > INLINE_BYTES) {
      this.#addressOf(3, origin);
      this.#addressOf(1, target);
      return this.#readKernel(bytes);
    }
    for (const [offset, size] of pieces(bytes, target, origin)) {
      const temp = this.#temp();
      this.#load(temp, { ...origin, offset: origin.offset + offset }, size, false);
      const store = CLASS.stx | MODE.mem | SIZE_BITS[size];
      this.#push({ opcode: store, dst: target.base, slot: target.slot, offset: target.offset + offset, src: temp });
    }
  }

  #zero(at: Address, bytes: number): void {
    const target = this.#place(at, bytes);
    if (bytes > INLINE_BYTES) {
      this.#addressOf(1, target);
      // A failing read zeroes its destination, and address 0 fails without a fault.
      this.#constant(3, 0n);
      return this.#readKernel(bytes);
    }
    for (const [offset, size] of pieces(bytes, target))
      this.#store({ ...target, offset: target.offset + offset }, size, { kind: 'imm', value: 0n });
  }

  /** probe_read_kernel(r1, bytes, r3). */
  #readKernel(bytes: number): void {
    this.#constant(2, BigInt(bytes));
    this.#push({ opcode: OPCODE_CALL, imm: this.#helper('probe_read_kernel'), args: 3 });
  }

  #addressOf(dst: number, place: Place): void {
    if (place.slot >= 0) {
      this.#push({ opcode: LEA, dst, slot: place.slot, imm: place.offset });
      return;
    }
    this.#move(dst, place.base);
    if (place.offset !== 0) this.#push({ opcode: CLASS.alu64 | ALU.add, dst, imm: place.offset });
  }

  #call(args: readonly Operand[], dst: { id: number } | undefined, what: Partial<MachineInsn>): void {
    if (args.length > 5) throw this.#bug('a call has more than five arguments');
    args.forEach((arg, i) => {
      this.#into(i + 1, arg);
    });
    this.#push({ opcode: OPCODE_CALL, args: args.length, ...what });
    if (dst) this.#move(this.#reg(dst), 0);
  }

  #helper(name: string): number {
    const helper = helperByName(name);
    if (!helper) throw this.#bug(`there is no helper "${name}"`);
    return helper.id;
  }

  #terminator(end: Terminator, next: BlockId): void {
    switch (end.op) {
      case 'jump':
        if (end.to !== next) this.#push({ opcode: OPCODE_JA, target: end.to });
        return;
      case 'guard':
        this.#push({ opcode: OPCODE_MAY_GOTO, target: end.else });
        if (end.then !== next) this.#push({ opcode: OPCODE_JA, target: end.then });
        return;
      case 'branch':
        return this.#branch(end, next);
      case 'return':
        this.#into(0, end.value);
        this.#push({ opcode: OPCODE_EXIT });
        return;
    }
  }

  #branch(end: Terminator & { op: 'branch' }, next: BlockId): void {
    let { cmp, a, b } = end;
    if (a.kind === 'imm' && b.kind === 'reg') [cmp, a, b] = [SWAPPED[cmp], b, a];
    const negated = end.then === next ? NEGATED[cmp] : undefined;
    this.#compare(negated ?? cmp, a, b, end.width, negated ? end.else : end.then);
    if (!negated && end.else !== next) this.#push({ opcode: OPCODE_JA, target: end.else });
  }

  #compare(cmp: Comparison, a: Operand, b: Operand, width: Width, target: number): void {
    const opcode = (width === 64 ? CLASS.jmp : CLASS.jmp32) | COMPARE[cmp];
    const dst = this.#asRegister(a);
    const value = b.kind === 'imm' ? asWidth(b.value, width) : undefined;
    if (value !== undefined && fitsInt32(value)) this.#push({ opcode, dst, imm: Number(value), target });
    else this.#push({ opcode: opcode | SOURCE_REG, dst, src: this.#asRegister(b), target });
  }

  #bug(what: string): PebbleError {
    return new PebbleError('internal', { doing: `generating code for ${this.#fn.name}`, what });
  }
}

const aluClass = (width: Width): number => (width === 64 ? CLASS.alu64 : CLASS.alu32);
const asWidth = (value: bigint, width: Width): bigint => BigInt.asIntN(width, value);
const fitsInt32 = (value: bigint): boolean => value >= -0x80000000n && value <= 0x7fffffffn;

/** The operand as an immediate, if it can be one: the verifier wants no shift beyond the width and no division by 0. */
function immediateOf(operation: number, operand: bigint, width: Width): number | undefined {
  const value = asWidth(operand, width);
  if (operation === ALU.lsh || operation === ALU.rsh || operation === ALU.arsh)
    return Number(value & BigInt(width - 1));
  if ((operation === ALU.div || operation === ALU.mod) && value === 0n) return undefined;
  return fitsInt32(value) ? Number(value) : undefined;
}

/** [offset, size] of the words that cover so many bytes of these places. */
function* pieces(bytes: number, ...places: readonly Place[]): Generator<[number, Size]> {
  // In the frame the verifier wants natural alignment; elsewhere any word may start anywhere.
  const starts = places.filter((place) => place.slot >= 0).map((place) => place.offset);
  for (let at = 0; at < bytes; ) {
    const fits = (size: number): boolean => at + size <= bytes && starts.every((start) => (start + at) % size === 0);
    const size = ([8, 4, 2, 1] as const).find(fits)!;
    yield [at, size];
    at += size;
  }
}
