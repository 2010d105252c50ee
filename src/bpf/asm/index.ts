/** eBPF instructions: making, encoding, labels, disassembly; the kernel's helper functions. */
export * from './build.ts';
export { disassemble, insnText } from './disassemble.ts';
export { countSlots, decode, encode, type Resolve, type Resolved, slotsOf } from './encode.ts';
export { type Helper, helperById, helperByName, helpers } from './helpers.ts';
export type { Instruction, Reference, SourceLine } from './instruction.ts';
export { Assembler, Label } from './labels.ts';
export {
  type AluOp,
  type AtomicOp,
  INSN_SIZE,
  type JumpOp,
  PSEUDO,
  PSEUDO_CALL,
  SIZE_BYTES,
  type Size,
} from './opcodes.ts';
