/** Makes single instructions. */
import { PebbleError } from '../../base/errors.ts';
import { helperByName } from './helpers.ts';
import type { Instruction, Reference } from './instruction.ts';
import {
  ALU,
  type AluOp,
  ATOMIC,
  type AtomicOp,
  CLASS,
  JUMP,
  type JumpOp,
  MODE,
  OPCODE_CALL,
  OPCODE_EXIT,
  OPCODE_JA,
  OPCODE_LD_IMM64,
  SIZE,
  type Size,
  SOURCE_IMM,
  SOURCE_REG,
} from './opcodes.ts';

/** 0 result and scratch, 1–5 arguments, 6–9 kept over calls, 10 frame pointer. */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;
export const FRAME_POINTER = 10;

/** Of an ALU operation or a comparison; 32-bit results clear the upper half of the register. */
export type Width = 32 | 64;

function insn(opcode: number, parts: Partial<Instruction> = {}): Instruction {
  return { opcode, dst: 0, src: 0, offset: 0, imm: 0, ...parts };
}

/** `dst = dst op imm`; for mov `dst = imm`. The immediate is sign-extended to 64 bits. */
export function aluImm(op: AluOp, dst: Register, imm: number, width: Width = 64): Instruction {
  return insn(aluClass(width) | ALU[op] | SOURCE_IMM, { dst, imm });
}

/** `dst = dst op src`; for mov `dst = src`. */
export function aluReg(op: AluOp, dst: Register, src: Register, width: Width = 64): Instruction {
  return insn(aluClass(width) | ALU[op] | SOURCE_REG, { dst, src });
}

/** Signed division or remainder (Linux 6.6). */
export function signedDivide(op: 'div' | 'mod', dst: Register, src: Register, width: Width = 64): Instruction {
  return { ...aluReg(op, dst, src, width), offset: 1 };
}

/** `dst = (s8|s16|s32)src` (Linux 6.6). */
export function signExtend(dst: Register, src: Register, bits: 8 | 16 | 32): Instruction {
  return { ...aluReg('mov', dst, src), offset: bits };
}

export function negate(dst: Register, width: Width = 64): Instruction {
  return insn(aluClass(width) | ALU.neg, { dst });
}

/** Converts the low bits between host and big-endian order and clears the others. */
export function toBigEndian(dst: Register, bits: 16 | 32 | 64): Instruction {
  return insn(CLASS.alu32 | ALU.end | SOURCE_REG, { dst, imm: bits });
}

/** `dst = *(size *)(src + offset)`, zero-extended. */
export function load(size: Size, dst: Register, src: Register, offset: number): Instruction {
  return insn(CLASS.ldx | MODE.mem | SIZE[size], { dst, src, offset });
}

/** `*(size *)(dst + offset) = src`. */
export function store(size: Size, dst: Register, offset: number, src: Register): Instruction {
  return insn(CLASS.stx | MODE.mem | SIZE[size], { dst, src, offset });
}

/** `*(size *)(dst + offset) = imm`. */
export function storeImm(size: Size, dst: Register, offset: number, imm: number): Instruction {
  return insn(CLASS.st | MODE.mem | SIZE[size], { dst, offset, imm });
}

/** Fetching forms leave the old value in `src`; all but `add` need Linux 5.12. */
export function atomic(op: AtomicOp, size: 'u32' | 'u64', dst: Register, offset: number, src: Register): Instruction {
  return insn(CLASS.stx | MODE.atomic | SIZE[size], { dst, src, offset, imm: ATOMIC[op] });
}

/** Offsets count slots from the next instruction. */
export function jump(offset: number): Instruction {
  return insn(OPCODE_JA, { offset });
}

export function jumpImm(op: JumpOp, dst: Register, imm: number, offset: number, width: Width = 64): Instruction {
  return insn(jumpClass(width) | JUMP[op] | SOURCE_IMM, { dst, imm, offset });
}

export function jumpReg(op: JumpOp, dst: Register, src: Register, offset: number, width: Width = 64): Instruction {
  return insn(jumpClass(width) | JUMP[op] | SOURCE_REG, { dst, src, offset });
}

/** Goes on at `offset` when the kernel has had enough of a loop. */
export function mayGoto(offset: number): Instruction {
  return insn(jumpClass(64) | JUMP.may, { offset });
}

/** Calls a helper by its name in bpf-helpers(7). */
export function call(helper: string): Instruction {
  const found = helperByName(helper);
  if (found === undefined) throw new PebbleError('internal', { what: `there is no BPF helper "${helper}"` });
  return insn(OPCODE_CALL, { imm: found.id });
}

export function callReference(ref: Reference & { kind: 'function' | 'kfunc' }): Instruction {
  return insn(OPCODE_CALL, { ref });
}

export function exit(): Instruction {
  return insn(OPCODE_EXIT);
}

/** `dst = value`, any 64 bits; two slots. */
export function loadImm64(dst: Register, value: number | bigint): Instruction {
  return insn(OPCODE_LD_IMM64, { dst, imm: BigInt(value) });
}

/** `dst =` what the loader knows: a map, a place in a map's value, a function, a kernel variable. */
export function loadReference(dst: Register, ref: Exclude<Reference, { kind: 'function' | 'kfunc' }>): Instruction {
  return insn(OPCODE_LD_IMM64, { dst, imm: 0n, ref });
}

function aluClass(width: Width): number {
  return width === 64 ? CLASS.alu64 : CLASS.alu32;
}

function jumpClass(width: Width): number {
  return width === 64 ? CLASS.jmp : CLASS.jmp32;
}
