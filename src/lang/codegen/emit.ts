/** The last step: frame positions, jump offsets, and machine instructions as plain instructions. */
import { PebbleError } from '../../base/errors.ts';
import { slotsOf } from '../../bpf/asm/encode.ts';
import type { Instruction } from '../../bpf/asm/instruction.ts';
import { ALU, CLASS, JUMP, OPCODE_JA } from '../../bpf/asm/opcodes.ts';
import type { FunctionSpec } from '../../bpf/spec/program.ts';
import {
  FRAME,
  type FrameObject,
  LEA,
  type MachineFunction,
  type MachineInsn,
  OPCODE_CONSTANT,
  OPCODE_COPY,
  OPCODE_MAY_GOTO,
} from './machine.ts';
import type { Isa } from './select/writer.ts';

/** Offsets of the frame's objects from r10, all negative, and how deep the frame is. */
export interface Frame {
  readonly offsets: readonly number[];
  readonly depth: number;
}

export function layOutFrame(objects: readonly FrameObject[]): Frame {
  let depth = 0;
  const offsets = objects.map(({ size, align }) => {
    depth = roundUp(depth + size, Math.max(align, size >= 8 ? 8 : size >= 4 ? 4 : size));
    return -depth;
  });
  return { offsets, depth: roundUp(depth, 8) };
}

/** gotol: a jump whose offset is the immediate (cpu v4). */
const OPCODE_JA_LONG = CLASS.jmp32 | JUMP.ja;

export function emitFunction(fn: MachineFunction, frame: Frame, isa: Isa): FunctionSpec {
  const near = new Emitter(fn, frame, false).run();
  if (near) return near;
  const far = isa === 'v4' ? new Emitter(fn, frame, true).run() : undefined;
  if (far) return far;
  throw new PebbleError('unsupported', {
    doing: `generating code for ${fn.name}`,
    what: 'the function is too large for the jumps of this kernel',
    hint: 'split it into functions, or use Linux 6.6 or later',
  });
}

class Emitter {
  readonly #fn: MachineFunction;
  readonly #frame: Frame;
  /** Every jump is written so that it reaches any distance. */
  readonly #far: boolean;
  readonly #insns: Instruction[] = [];
  /** Jumps, whose offsets are not known yet. */
  readonly #jumps: { index: number; slot: number; target: number }[] = [];
  readonly #blockSlots: number[] = [];
  #slots = 0;

  constructor(fn: MachineFunction, frame: Frame, far: boolean) {
    this.#fn = fn;
    this.#frame = frame;
    this.#far = far;
  }

  /** Undefined if a near jump does not reach. */
  run(): FunctionSpec | undefined {
    if (startsBadly(this.#fn)) this.#push({ opcode: OPCODE_CONSTANT, dst: 0, src: 0, offset: 0, imm: 0 });
    for (const [b, { insns }] of this.#fn.blocks.entries()) {
      this.#blockSlots.push(this.#slots);
      for (const [i, insn] of insns.entries()) {
        const isNeedless = insn.opcode === OPCODE_JA && insn.target === b + 1 && i === insns.length - 1;
        if (!isNeedless) this.#insn(insn);
      }
    }
    const { name, parameters, isGlobal } = this.#fn;
    return this.#setOffsets() ? { name, parameters, insns: this.#insns, ...(isGlobal && { isGlobal }) } : undefined;
  }

  #insn(insn: MachineInsn): void {
    if (insn.target >= 0) return this.#jump(insn);
    if (insn.opcode !== LEA) return this.#push(this.#plain(insn));
    const imm = this.#frame.offsets[insn.slot]! + Number(insn.imm);
    const { dst } = insn;
    this.#push({ opcode: OPCODE_COPY, dst, src: FRAME, offset: 0, imm: 0, ...location(insn) });
    this.#push({ opcode: CLASS.alu64 | ALU.add, dst, src: 0, offset: 0, imm, ...location(insn) });
  }

  #jump(insn: MachineInsn): void {
    const always = { dst: 0, src: 0, imm: 0, ...location(insn) };
    if (this.#far && insn.opcode !== OPCODE_JA) {
      // The condition jumps over a jump that skips the long one.
      this.#push({ ...this.#plain(insn), offset: 1 });
      this.#push({ opcode: OPCODE_JA, offset: 1, ...always });
    }
    this.#jumps.push({ index: this.#insns.length, slot: this.#slots, target: insn.target });
    this.#push(this.#far ? { opcode: OPCODE_JA_LONG, offset: 0, ...always } : this.#plain(insn));
  }

  #setOffsets(): boolean {
    return this.#jumps.every(({ index, slot, target }) => {
      const distance = this.#blockSlots[target]! - slot - 1;
      this.#insns[index] = { ...this.#insns[index]!, ...(this.#far ? { imm: distance } : { offset: distance }) };
      return this.#far || (distance >= -0x8000 && distance <= 0x7fff);
    });
  }

  #plain(insn: MachineInsn): Instruction {
    const offset = insn.slot >= 0 ? insn.offset + this.#frame.offsets[insn.slot]! : insn.offset;
    const { opcode, dst, src, imm, ref } = insn;
    return { opcode, dst, src, offset, imm, ...(ref && { ref }), ...location(insn) };
  }

  #push(insn: Instruction): void {
    this.#insns.push(insn);
    this.#slots += slotsOf(insn);
  }
}

/**
 * Where a function has may_goto, the kernel puts its counter before the first instruction, and then does not correct the
 * distance of a call that stood there ("No program to jit": bpf_adj_delta_to_imm leaves out what was moved itself).
 */
function startsBadly({ blocks }: MachineFunction): boolean {
  const first = blocks.find(({ insns }) => insns.length > 0)?.insns[0];

  const names = first?.ref?.kind === 'function' || first?.ref?.kind === 'functionAddress';
  return names && blocks.some(({ insns }) => insns.some(({ opcode }) => opcode === OPCODE_MAY_GOTO));
}

const location = ({ source }: MachineInsn) => (source ? { source } : {});

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;
