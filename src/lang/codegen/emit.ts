/** The last step: frame positions, jump offsets, and machine instructions as plain instructions. */
import { PebbleError } from '../../base/errors.ts';
import type { Instruction } from '../../bpf/asm/instruction.ts';
import { ALU, CLASS, JUMP, OPCODE_JA, OPCODE_LD_IMM64 } from '../../bpf/asm/opcodes.ts';
import type { FunctionSpec } from '../../bpf/spec/program.ts';
import { FRAME, type FrameObject, LEA, type MachineFunction, type MachineInsn, OPCODE_COPY } from './machine.ts';

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
  const near = emit(fn, frame, 'near');
  if (near) return near;
  const far = isa === 'v4' ? emit(fn, frame, 'far') : undefined;
  if (far) return far;
  throw new PebbleError('unsupported', {
    doing: `generating code for ${fn.name}`,
    what: 'the function is too large for the jumps of this kernel',
    hint: 'split it into functions, or use Linux 6.6 or later',
  });
}

/** `far` doubles every jump so that any distance is reached; null if a near jump does not reach. */
function emit(fn: MachineFunction, frame: Frame, jumps: 'near' | 'far'): FunctionSpec | null {
  const insns: Instruction[] = [];
  const blockSlot: number[] = [];
  const patches: { index: number; slot: number; target: number; far: boolean }[] = [];
  let slot = 0;
  const push = (insn: Instruction) => {
    insns.push(insn);
    slot += insn.opcode === OPCODE_LD_IMM64 ? 2 : 1;
  };
  for (const [b, block] of fn.blocks.entries()) {
    blockSlot.push(slot);
    for (const insn of block.insns) {
      if (insn.target >= 0) {
        const last = insn === block.insns.at(-1);
        if (last && insn.opcode === OPCODE_JA && insn.target === b + 1) continue;
        const far = jumps === 'far';
        // if (!cond) skip the long jump; written as: if (cond) +1; goto +1; gotol target.
        if (far && insn.opcode !== OPCODE_JA) {
          push({ ...plain(insn, frame), offset: 1 });
          push({ opcode: OPCODE_JA, dst: 0, src: 0, offset: 1, imm: 0, ...location(insn) });
        }
        patches.push({ index: insns.length, slot, target: insn.target, far });
        push(
          far ? { opcode: OPCODE_JA_LONG, dst: 0, src: 0, offset: 0, imm: 0, ...location(insn) } : plain(insn, frame),
        );
      } else if (insn.opcode === LEA) {
        push({ opcode: OPCODE_COPY, dst: insn.dst, src: FRAME, offset: 0, imm: 0, ...location(insn) });
        const imm = frame.offsets[insn.slot]! + Number(insn.imm);
        push({ opcode: CLASS.alu64 | ALU.add, dst: insn.dst, src: 0, offset: 0, imm, ...location(insn) });
      } else {
        push(plain(insn, frame));
      }
    }
  }
  for (const { index, slot: from, target, far } of patches) {
    const distance = blockSlot[target]! - from - 1;
    if (!far && (distance < -0x8000 || distance > 0x7fff)) return null;
    insns[index] = { ...insns[index]!, ...(far ? { imm: distance } : { offset: distance }) };
  }
  return { name: fn.name, parameters: fn.parameters, insns };
}

function plain(insn: MachineInsn, frame: Frame): Instruction {
  const offset = insn.slot >= 0 ? insn.offset + frame.offsets[insn.slot]! : insn.offset;
  const { opcode, dst, src, imm, ref } = insn;
  return { opcode, dst, src, offset, imm, ...(ref && { ref }), ...location(insn) };
}

const location = ({ source }: MachineInsn) => (source ? { source } : {});

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to;
