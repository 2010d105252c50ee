/** Arithmetic: three operands become two, constants immediates, and what old kernels lack is spelled out. */
import { ALU, CLASS, SOURCE_REG } from '../../../bpf/asm/opcodes.ts';
import { fitsInt32 } from '../../ir/evaluate.ts';
import type { BinaryOp, Operand, Width } from '../../ir/ir.ts';
import { OPCODE_COPY } from '../machine.ts';
import type { MachineWriter } from './writer.ts';

export const BINARY: Record<BinaryOp, number> = {
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

export function selectMov(w: MachineWriter, dst: number, src: Operand, width: Width): void {
  if (width === 64) return w.into(dst, src);
  if (src.kind === 'imm') return w.constant(dst, BigInt.asUintN(32, src.value));
  w.push({ opcode: CLASS.alu32 | ALU.mov | SOURCE_REG, dst, src: w.reg(src) });
}

export function selectBinary(w: MachineWriter, fn: BinaryOp, dst: number, a: Operand, b: Operand, width: Width): void {
  if (a.kind === 'imm' && b.kind === 'reg' && COMMUTATIVE.has(fn)) return selectBinary(w, fn, dst, b, a, width);
  if ((fn === 'sdiv' || fn === 'smod') && w.isa === 'v3') return signedDivide(w, fn, dst, a, b, width);
  if (fn === 'sub' && b.kind === 'imm' && fitsInt32(-asWidth(b.value, width)))
    return selectBinary(w, 'add', dst, a, { kind: 'imm', value: -asWidth(b.value, width) }, width);
  const signed = fn === 'sdiv' || fn === 'smod' ? 1 : 0;
  const clash = b.kind === 'reg' && w.reg(b) === dst && !(a.kind === 'reg' && w.reg(a) === dst);
  if (clash && COMMUTATIVE.has(fn)) return alu(w, BINARY[fn], dst, a, width, signed);
  const result = clash ? w.temp() : dst;
  w.into(result, a);
  alu(w, BINARY[fn], result, b, width, signed);
  w.move(dst, result);
}

/** dst = dst op b. */
function alu(w: MachineWriter, operation: number, dst: number, b: Operand, width: Width, offset = 0): void {
  const value = b.kind === 'imm' ? immediateOf(operation, b.value, width) : undefined;
  if (value !== undefined) {
    w.push({ opcode: aluClass(width) | operation, dst, offset, imm: value });
    return;
  }
  w.push({ opcode: aluClass(width) | operation | SOURCE_REG, dst, src: w.asRegister(b), offset });
}

/** |a| op |b| unsigned, then the sign: quotient by both signs, remainder by the dividend's. */
function signedDivide(w: MachineWriter, fn: 'sdiv' | 'smod', dst: number, a: Operand, b: Operand, width: Width): void {
  const [value, sign] = magnitude(w, a, width);
  const [divisor, divisorSign] = magnitude(w, b, width);
  w.push({ opcode: CLASS.alu64 | BINARY[fn] | SOURCE_REG, dst: value, src: divisor });
  if (fn === 'sdiv') w.push({ opcode: CLASS.alu64 | ALU.xor | SOURCE_REG, dst: sign, src: divisorSign });
  w.push({ opcode: CLASS.alu64 | ALU.xor | SOURCE_REG, dst: value, src: sign });
  w.push({ opcode: CLASS.alu64 | ALU.sub | SOURCE_REG, dst: value, src: sign });
  if (width === 64) w.move(dst, value);
  else w.push({ opcode: CLASS.alu32 | ALU.mov | SOURCE_REG, dst, src: value });
}

/** [|x|, sign mask of x], in fresh registers. */
function magnitude(w: MachineWriter, x: Operand, width: Width): [number, number] {
  const value = w.temp();
  if (width === 64) w.into(value, x);
  else selectExtend(w, value, x, 4, true);
  const sign = w.temp();
  w.move(sign, value);
  w.push({ opcode: CLASS.alu64 | ALU.arsh, dst: sign, imm: 63 });
  w.push({ opcode: CLASS.alu64 | ALU.xor | SOURCE_REG, dst: value, src: sign });
  w.push({ opcode: CLASS.alu64 | ALU.sub | SOURCE_REG, dst: value, src: sign });
  return [value, sign];
}

export function selectExtend(w: MachineWriter, dst: number, src: Operand, size: 1 | 2 | 4, signed: boolean): void {
  if (src.kind === 'imm') {
    const value = signed ? BigInt.asIntN(size * 8, src.value) : BigInt.asUintN(size * 8, src.value);
    return w.constant(dst, value);
  }
  const from = w.reg(src);
  if (!signed && size === 4) {
    w.push({ opcode: CLASS.alu32 | ALU.mov | SOURCE_REG, dst, src: from });
  } else if (!signed) {
    w.move(dst, from);
    w.push({ opcode: CLASS.alu64 | ALU.and, dst, imm: size === 1 ? 0xff : 0xffff });
  } else if (w.isa === 'v4') {
    w.push({ opcode: OPCODE_COPY, dst, src: from, offset: size * 8 });
  } else {
    w.move(dst, from);
    shiftExtend(w, dst, size);
  }
}

export function shiftExtend(w: MachineWriter, dst: number, size: 1 | 2 | 4): void {
  const bits = 64 - size * 8;
  w.push({ opcode: CLASS.alu64 | ALU.lsh, dst, imm: bits });
  w.push({ opcode: CLASS.alu64 | ALU.arsh, dst, imm: bits });
}

export function selectNeg(w: MachineWriter, dst: number, src: Operand, width: Width): void {
  w.into(dst, src);
  w.push({ opcode: aluClass(width) | ALU.neg, dst });
}

export function selectByteswap(w: MachineWriter, dst: number, src: Operand, size: 2 | 4 | 8): void {
  w.into(dst, src);
  // Host order is little-endian, so "to big endian" always swaps.
  w.push({ opcode: CLASS.alu32 | ALU.end | SOURCE_REG, dst, imm: size * 8 });
}

/** The operand as an immediate, if it can be one: the verifier wants no shift beyond the width and no division by 0. */
function immediateOf(operation: number, operand: bigint, width: Width): number | undefined {
  const value = asWidth(operand, width);
  if (operation === ALU.lsh || operation === ALU.rsh || operation === ALU.arsh)
    return Number(value & BigInt(width - 1));
  if ((operation === ALU.div || operation === ALU.mod) && value === 0n) return undefined;
  return fitsInt32(value) ? Number(value) : undefined;
}

const aluClass = (width: Width): number => (width === 64 ? CLASS.alu64 : CLASS.alu32);

/** The constant as an operation of that width sees it. */
export const asWidth = (value: bigint, width: Width): bigint => BigInt.asIntN(width, value);
