/** Machine code before register allocation: eBPF instructions over virtual registers, in blocks. */
import type { Reference, SourceLine } from '../../bpf/asm/instruction.ts';
import {
  ALU,
  ATOMIC,
  CLASS,
  JUMP,
  MODE,
  OPCODE_CALL,
  OPCODE_EXIT,
  OPCODE_LD_IMM64,
  SIZE,
  SOURCE_REG,
} from '../../bpf/asm/opcodes.ts';

/** 0–9 are the machine's registers, 10 the frame pointer, and virtual ones follow. */
export const FRAME = 10;
export const FIRST_VIRTUAL = 11;

/** dst = src, 64 bits. */
export const OPCODE_COPY = CLASS.alu64 | ALU.mov | SOURCE_REG;
/** dst = imm, sign-extended to 64 bits. */
export const OPCODE_CONSTANT = CLASS.alu64 | ALU.mov;
export const OPCODE_MAY_GOTO = CLASS.jmp | JUMP.may;
export const SIZE_BITS = { 1: SIZE.u8, 2: SIZE.u16, 4: SIZE.u32, 8: SIZE.u64 } as const;

/** Pseudo instruction dst = r10 + position of `slot` + imm; two instructions when emitted. */
export const LEA = 0x100;

export interface MachineInsn {
  opcode: number;
  dst: number;
  src: number;
  offset: number;
  imm: number | bigint;
  ref: Reference | undefined;
  source: SourceLine | undefined;
  /** Jumps: the block to go to. */
  target: number;
  /** Frame object whose position is added to `offset` (or to `imm` for LEA). */
  slot: number;
  /** Calls: how many of r1–r5 are read. */
  args: number;
}

export interface MachineBlock {
  insns: MachineInsn[];
  successors: readonly number[];
  /** Loop depth, for the weight of what is in it. */
  depth: number;
}

export interface FrameObject {
  readonly size: number;
  readonly align: number;
}

export interface MachineFunction {
  readonly name: string;
  readonly parameters: number;
  /** In the order of emission. */
  readonly blocks: MachineBlock[];
  readonly frame: FrameObject[];
  /** Virtual registers are FIRST_VIRTUAL … registers − 1. */
  registers: number;
  readonly isGlobal: boolean;
}

const insnClass = (opcode: number): number => opcode & 7;
const isJump = (opcode: number): boolean => insnClass(opcode) === CLASS.jmp || insnClass(opcode) === CLASS.jmp32;
const isAlu = (opcode: number): boolean => insnClass(opcode) === CLASS.alu32 || insnClass(opcode) === CLASS.alu64;
const usesSource = (opcode: number): boolean => (opcode & SOURCE_REG) !== 0 && (opcode & 0xf0) !== ALU.end;

export function isConditional(opcode: number): boolean {
  if (!isJump(opcode)) return false;
  const operation = opcode & 0xf0;
  return operation !== JUMP.ja && operation !== JUMP.call && operation !== JUMP.exit && operation !== JUMP.may;
}

export function readsDst(insn: MachineInsn): boolean {
  const { opcode } = insn;
  if (opcode === LEA) return false;
  if (isAlu(opcode)) return (opcode & 0xf0) !== ALU.mov;
  if (isJump(opcode)) return isConditional(opcode);
  return insnClass(opcode) === CLASS.st || insnClass(opcode) === CLASS.stx;
}

export function readsSrc(insn: MachineInsn): boolean {
  const { opcode } = insn;
  if (opcode === LEA) return false;
  if (isAlu(opcode)) return usesSource(opcode);
  if (isJump(opcode)) return isConditional(opcode) && (opcode & SOURCE_REG) !== 0;
  return insnClass(opcode) === CLASS.ldx || insnClass(opcode) === CLASS.stx;
}

export function writesDst(insn: MachineInsn): boolean {
  const { opcode } = insn;
  return opcode === LEA || isAlu(opcode) || insnClass(opcode) === CLASS.ldx || opcode === OPCODE_LD_IMM64;
}

const isAtomic = (opcode: number): boolean => insnClass(opcode) === CLASS.stx && (opcode & 0xe0) === MODE.atomic;

/** Atomic operations that return the old value write it to src, but compare-and-exchange to r0. */
export function writesSrc(insn: MachineInsn): boolean {
  return isAtomic(insn.opcode) && (Number(insn.imm) & 1) !== 0 && insn.imm !== ATOMIC.cmpxchg;
}

export function isCompareExchange(insn: MachineInsn): boolean {
  return isAtomic(insn.opcode) && insn.imm === ATOMIC.cmpxchg;
}

export const isCall = (insn: MachineInsn): boolean => insn.opcode === OPCODE_CALL;
export const isExit = (insn: MachineInsn): boolean => insn.opcode === OPCODE_EXIT;
/** A plain 64-bit copy between registers: what coalescing removes. */
export const isCopy = (insn: MachineInsn): boolean => insn.opcode === OPCODE_COPY && insn.offset === 0;
