/** Puts a relocation's value into its instruction, or makes an instruction that the verifier refuses when it is reached. */
import { PebbleError } from '../../base/errors.ts';
import { type Instruction, SIZE_BYTES, type Size, slotsOf } from '../asm/index.ts';
import { CLASS, OPCODE_CALL, OPCODE_LD_IMM64, SIZE, SOURCE_REG } from '../asm/opcodes.ts';
import type { BtfType } from '../btf/index.ts';
import type { CoreValue } from './value.ts';

/** What the compiler assumed, and what holds here: a value, or a reason why there is none. */
export type Decision = { readonly original: CoreValue } & (
  | { readonly value: CoreValue; readonly missing?: undefined }
  | { readonly missing: string; readonly value?: undefined }
);

/** The helper that no kernel has: libbpf uses the same number, so it is known in other tools' logs. */
const POISON = 0xbad2310;
const CLASS_MASK = 0x07;
const SIZE_MASK = 0x18;
const INT16_MAX = 32767;

export function patchInstruction(insn: Instruction, decision: Decision, doing: string): readonly Instruction[] {
  const { original, value } = decision;
  if (value === undefined) return poison(insn, decision.missing);
  const fail = (what: string): never => {
    throw new PebbleError('format', { doing, what });
  };
  const check = (found: number | bigint) => {
    if (original.ambiguous || BigInt.asUintN(32, BigInt(found)) === BigInt.asUintN(32, original.value)) return;
    fail(`the instruction has ${found}, the object's types say ${original.value}`);
  };
  switch (insn.opcode & CLASS_MASK) {
    case CLASS.alu32:
    case CLASS.alu64:
      if ((insn.opcode & SOURCE_REG) !== 0) fail('the instruction has no immediate to change');
      check(insn.imm);
      return [{ ...insn, imm: Number(BigInt.asIntN(32, value.value)) }];
    case CLASS.ld:
      if (insn.opcode !== OPCODE_LD_IMM64 || insn.src !== 0) fail('the instruction loads no constant');
      if (BigInt.asUintN(64, BigInt(insn.imm)) !== BigInt.asUintN(64, original.value)) check(insn.imm);
      return [{ ...insn, imm: BigInt.asUintN(64, value.value) }];
    case CLASS.ldx:
    case CLASS.st:
    case CLASS.stx:
      check(insn.offset);
      if (value.value > INT16_MAX) fail(`offset ${value.value} does not fit in an instruction`);
      return resize({ ...insn, offset: Number(value.value) }, original, value, fail);
    default:
      return fail(`an instruction with opcode 0x${insn.opcode.toString(16)} cannot be relocated`);
  }
}

/** A field of another size is loaded in its own size where zeros may fill the rest. */
function resize(
  insn: Instruction,
  original: CoreValue,
  value: CoreValue,
  fail: (what: string) => never,
): readonly Instruction[] {
  const [before, now] = [original.loads, value.loads];
  if (before === undefined || now === undefined || before.size === now.size) return [insn];
  if (!mayResize(before.type, now.type)) {
    return poison(insn, `the field has ${now.size} bytes in this kernel, the program loads ${before.size}`);
  }
  const size = (Object.keys(SIZE) as Size[]).find((name) => SIZE[name] === (insn.opcode & SIZE_MASK))!;
  if (SIZE_BYTES[size] !== before.size) fail(`a field of ${before.size} bytes is accessed as ${size}`);
  const wanted = (Object.keys(SIZE) as Size[]).find((name) => SIZE_BYTES[name] === now.size);
  if (wanted === undefined) return fail(`the field has ${now.size} bytes in this kernel`);
  return [{ ...insn, opcode: (insn.opcode & ~SIZE_MASK) | SIZE[wanted] }];
}

function mayResize(before: BtfType, now: BtfType): boolean {
  if (before.kind === 'ptr' && now.kind === 'ptr') return true;
  return before.kind === 'int' && now.kind === 'int' && !before.signed && !now.signed;
}

/** As many calls of a helper that does not exist as the instruction has slots. */
export function poison(insn: Instruction, reason: string): readonly Instruction[] {
  const { source } = insn;
  const call: Instruction = {
    opcode: OPCODE_CALL,
    dst: 0,
    src: 0,
    offset: 0,
    imm: POISON,
    poison: reason,
    ...(source && { source }),
  };
  return slotsOf(insn) === 2 ? [call, { ...call }] : [call];
}
