/** Writes machine instructions over virtual registers: what every part of instruction selection uses. */
import { PebbleError } from '../../../base/errors.ts';
import type { Reference, SourceLine } from '../../../bpf/asm/instruction.ts';
import { ALU, CLASS, OPCODE_LD_IMM64 } from '../../../bpf/asm/opcodes.ts';
import { fitsInt32 } from '../../ir/evaluate.ts';
import type { Address, IrFunction, Operand } from '../../ir/ir.ts';
import { slotOf } from '../../ir/operands.ts';
import type { SlotArea } from '../frame.ts';
import { FIRST_VIRTUAL, FRAME, type MachineInsn, OPCODE_CONSTANT, OPCODE_COPY } from '../machine.ts';

/** v4 adds signed division, sign extension in moves and loads, and long jumps (Linux 6.6). */
export type Isa = 'v3' | 'v4';

/** Where memory is, in machine terms. */
export interface Place {
  readonly base: number;
  readonly slot: number;
  readonly offset: number;
}

/** The frame object that holds the slots. */
const SLOT_AREA = 0;

export class MachineWriter {
  readonly isa: Isa;
  /** Of the current block. */
  insns: MachineInsn[] = [];
  /** What is written belongs to this line. */
  source: SourceLine | undefined;
  registers: number;
  readonly #name: string;
  readonly #slots: SlotArea;

  constructor(fn: IrFunction, slots: SlotArea, isa: Isa) {
    this.isa = isa;
    this.registers = FIRST_VIRTUAL + fn.registers;
    this.#name = fn.name;
    this.#slots = slots;
  }

  push(part: Partial<MachineInsn> & { opcode: number }): void {
    this.insns.push({
      opcode: part.opcode,
      dst: part.dst ?? 0,
      src: part.src ?? 0,
      offset: part.offset ?? 0,
      imm: part.imm ?? 0,
      ref: part.ref,
      source: this.source,
      target: part.target ?? -1,
      slot: part.slot ?? -1,
      args: part.args ?? 0,
    });
  }

  temp(): number {
    return this.registers++;
  }

  reg(reg: { readonly id: number }): number {
    return FIRST_VIRTUAL + reg.id;
  }

  move(dst: number, src: number): void {
    if (dst !== src) this.push({ opcode: OPCODE_COPY, dst, src });
  }

  constant(dst: number, value: bigint): void {
    const signed = BigInt.asIntN(64, value);
    if (fitsInt32(signed)) this.push({ opcode: OPCODE_CONSTANT, dst, imm: Number(signed) });
    else if (signed > 0n && signed < 1n << 32n)
      this.push({ opcode: CLASS.alu32 | ALU.mov, dst, imm: Number(BigInt.asIntN(32, signed)) });
    else this.push({ opcode: OPCODE_LD_IMM64, dst, imm: signed });
  }

  reference(dst: number, ref: Reference): void {
    this.push({ opcode: OPCODE_LD_IMM64, dst, imm: 0n, ref });
  }

  into(dst: number, operand: Operand): void {
    if (operand.kind === 'reg') this.move(dst, this.reg(operand));
    else this.constant(dst, operand.value);
  }

  /** A register with the operand's value, which the caller does not change. */
  asRegister(operand: Operand): number {
    if (operand.kind === 'reg') return this.reg(operand);
    const temp = this.temp();
    this.constant(temp, operand.value);
    return temp;
  }

  place(address: Address, bytes = 8): Place {
    const slot = slotOf(address);
    if (slot) return { base: FRAME, slot: SLOT_AREA, offset: this.#slots.offset(slot) + address.offset };
    return this.#near(FIRST_VIRTUAL + (address.base as { id: number }).id, address.offset, bytes);
  }

  /** Offsets are 16 bits signed. */
  #near(base: number, offset: number, bytes: number): Place {
    if (offset >= -0x8000 && offset + bytes <= 0x8000) return { base, slot: -1, offset };
    const temp = this.temp();
    this.move(temp, base);
    this.push({ opcode: CLASS.alu64 | ALU.add, dst: temp, imm: offset });
    return { base: temp, slot: -1, offset: 0 };
  }

  bug(what: string): PebbleError {
    return new PebbleError('internal', { doing: `generating code for ${this.#name}`, what });
  }
}
