/** Instructions to the kernel's bytes and back. */
import { ByteCursor } from '../../base/bytes.ts';
import { PebbleError } from '../../base/errors.ts';
import type { Instruction, Reference } from './instruction.ts';
import { INSN_SIZE, OPCODE_LD_IMM64 } from './opcodes.ts';

/** What a reference becomes: source register (BPF_PSEUDO_*), immediate, and for functions of modules the offset. */
export interface Resolved {
  readonly src: number;
  readonly offset?: number;
  readonly imm: number | bigint;
}

/** Gives the value of a reference in the instruction at `slot`. */
export type Resolve = (ref: Reference, slot: number) => Resolved;

export function slotsOf(insn: Instruction): 1 | 2 {
  return insn.opcode === OPCODE_LD_IMM64 ? 2 : 1;
}

export function countSlots(insns: readonly Instruction[]): number {
  return insns.reduce((sum, insn) => sum + slotsOf(insn), 0);
}

/** struct bpf_insn: opcode:8 · dst:4 · src:4 · offset:16 · imm:32; an ld_imm64 has its upper half in a second one. */
export function encode(insns: readonly Instruction[], resolve: Resolve = unresolved): Buffer {
  const out = Buffer.alloc(countSlots(insns) * INSN_SIZE);
  let slot = 0;
  for (const insn of insns) {
    const at = slot * INSN_SIZE;
    const { src, imm, offset = insn.offset } = insn.ref ? resolve(insn.ref, slot) : insn;
    checkFields(insn, slot);
    out.writeUInt8(insn.opcode, at);
    out.writeUInt8((src << 4) | insn.dst, at + 1);
    out.writeInt16LE(offset, at + 2);
    if (slotsOf(insn) === 2) {
      const value = BigInt.asUintN(64, BigInt(imm));
      out.writeUInt32LE(Number(value & 0xffffffffn), at + 4);
      out.writeUInt32LE(Number(value >> 32n), at + 12);
    } else {
      out.writeInt32LE(Number(imm) | 0, at + 4);
    }
    slot += slotsOf(insn);
  }
  return out;
}

/** Immediates come signed, those of ld_imm64 unsigned. */
export function decode(bytes: Buffer): Instruction[] {
  const cursor = new ByteCursor(bytes, 'eBPF instructions');
  const insns: Instruction[] = [];
  while (cursor.remaining > 0) {
    const opcode = cursor.u8();
    const registers = cursor.u8();
    const offset = (cursor.u16() << 16) >> 16;
    const low = cursor.i32();
    const fields = { opcode, dst: registers & 0xf, src: registers >>> 4, offset };
    insns.push({ ...fields, imm: opcode === OPCODE_LD_IMM64 ? wideImmediate(cursor, low) : low });
  }
  return insns;
}

function wideImmediate(cursor: ByteCursor, low: number): bigint {
  if (cursor.u32() !== 0) cursor.fail('the second half of an ld_imm64 is not empty');
  return (BigInt(cursor.u32()) << 32n) | BigInt(low >>> 0);
}

function checkFields(insn: Instruction, slot: number): void {
  const imm = Number(insn.imm);
  if (insn.offset !== (insn.offset << 16) >> 16) fail(`the offset ${insn.offset} does not fit in 16 bits`, slot);
  if (slotsOf(insn) === 1 && imm !== (imm | 0) && imm !== imm >>> 0) fail(`${insn.imm} does not fit in 32 bits`, slot);
}

function unresolved(ref: Reference, slot: number): never {
  return fail(`a reference to a ${ref.kind} is not resolved`, slot);
}

function fail(what: string, slot: number): never {
  throw new PebbleError('internal', { doing: `encoding eBPF instruction ${slot}`, what });
}
