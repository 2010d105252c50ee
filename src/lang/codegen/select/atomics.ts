/** Atomic operations, on memory that others see and on slots. */
import { ALU, ATOMIC, CLASS, MODE, SOURCE_REG } from '../../../bpf/asm/opcodes.ts';
import type { Op } from '../../ir/ir.ts';
import { slotOf } from '../../ir/operands.ts';
import { SIZE_BITS } from '../machine.ts';
import { BINARY } from './arithmetic.ts';
import { loadFrom } from './memory.ts';
import type { MachineWriter } from './writer.ts';

/** Without these the old value is not returned. */
const FETCHING = {
  add: ATOMIC.fetchAdd,
  and: ATOMIC.fetchAnd,
  or: ATOMIC.fetchOr,
  xor: ATOMIC.fetchXor,
  xchg: ATOMIC.xchg,
} as const;

export function selectAtomic(w: MachineWriter, op: Op & { op: 'atomic' }): void {
  if (slotOf(op.at)) return privateAtomic(w, op);
  const to = w.place(op.at);
  const at = {
    opcode: CLASS.stx | MODE.atomic | SIZE_BITS[op.size],
    dst: to.base,
    offset: to.offset,
    slot: to.slot,
  };
  if (op.fn === 'cmpxchg') {
    if (!op.expected) throw w.bug('cmpxchg without the expected value');
    w.move(0, w.reg(op.expected));
    w.push({ ...at, src: w.reg(op.src), imm: ATOMIC.cmpxchg });
    if (op.fetch) w.move(w.reg(op.fetch), 0);
    return;
  }
  if (!op.fetch && op.fn !== 'xchg') {
    w.push({ ...at, src: w.reg(op.src), imm: ATOMIC[op.fn] });
    return;
  }
  const value = w.temp();
  w.move(value, w.reg(op.src));
  w.push({ ...at, src: value, imm: FETCHING[op.fn] });
  if (op.fetch) w.move(w.reg(op.fetch), value);
}

/**
 * Nobody else sees a slot, so plain instructions do, and are faster. They also avoid a bug of the verifier (seen in
 * Linux 6.18): it does not trace the result of a fetching atomic back to the stack slot that it came from
 * (backtrack_insn), and so takes two states for equal that are not.
 */
function privateAtomic(w: MachineWriter, { fn, at, size, src, fetch, expected }: Op & { op: 'atomic' }): void {
  const place = w.place(at, size);
  const old = w.temp();
  loadFrom(w, old, place, size, false);
  const result = w.temp();
  if (fn === 'cmpxchg') {
    if (!expected) throw w.bug('cmpxchg without the expected value');
    exchangeIfEqual(w, result, old, w.reg(expected), w.reg(src), size);
  } else if (fn === 'xchg') {
    w.move(result, w.reg(src));
  } else {
    w.move(result, old);
    w.push({ opcode: CLASS.alu64 | BINARY[fn] | SOURCE_REG, dst: result, src: w.reg(src) });
  }
  w.push({
    opcode: CLASS.stx | MODE.mem | SIZE_BITS[size],
    dst: place.base,
    offset: place.offset,
    slot: place.slot,
    src: result,
  });
  if (fetch) w.move(w.reg(fetch), old);
}

/** result = old == expected ? src : old, without a branch. */
function exchangeIfEqual(
  w: MachineWriter,
  result: number,
  old: number,
  expected: number,
  src: number,
  size: 4 | 8,
): void {
  const alu = (operation: number, dst: number, by: number) =>
    w.push({ opcode: CLASS.alu64 | operation | SOURCE_REG, dst, src: by });
  const mask = w.temp();
  w.push({ opcode: (size === 4 ? CLASS.alu32 : CLASS.alu64) | ALU.mov | SOURCE_REG, dst: mask, src: expected });
  alu(ALU.xor, mask, old);
  // All ones if the difference is 0, else 0: the sign bit of (d | −d) says which.
  const negative = w.temp();
  w.move(negative, mask);
  w.push({ opcode: CLASS.alu64 | ALU.neg, dst: negative });
  alu(ALU.or, mask, negative);
  w.push({ opcode: CLASS.alu64 | ALU.rsh, dst: mask, imm: 63 });
  w.push({ opcode: CLASS.alu64 | ALU.sub, dst: mask, imm: 1 });
  w.move(result, src);
  alu(ALU.xor, result, old);
  alu(ALU.and, result, mask);
  alu(ALU.xor, result, old);
}
