/** The ends of blocks: jumps that the order of blocks makes needless are left out. */
import { CLASS, JUMP, OPCODE_EXIT, OPCODE_JA, SOURCE_REG } from '../../../bpf/asm/opcodes.ts';
import { fitsInt32, NEGATED } from '../../ir/evaluate.ts';
import type { BlockId, Comparison, Operand, Terminator, Width } from '../../ir/ir.ts';
import { OPCODE_MAY_GOTO } from '../machine.ts';
import { asWidth } from './arithmetic.ts';
import type { MachineWriter } from './writer.ts';

const COMPARE: Record<Comparison, number> = {
  eq: JUMP.eq,
  ne: JUMP.ne,
  ult: JUMP.lt,
  ule: JUMP.le,
  ugt: JUMP.gt,
  uge: JUMP.ge,
  slt: JUMP.slt,
  sle: JUMP.sle,
  sgt: JUMP.sgt,
  sge: JUMP.sge,
  set: JUMP.set,
};
/** a cmp b as b swapped a. */
const SWAPPED: Record<Comparison, Comparison> = {
  eq: 'eq',
  ne: 'ne',
  ult: 'ugt',
  ule: 'uge',
  ugt: 'ult',
  uge: 'ule',
  slt: 'sgt',
  sle: 'sge',
  sgt: 'slt',
  sge: 'sle',
  set: 'set',
};
export function selectTerminator(w: MachineWriter, end: Terminator, next: BlockId): void {
  switch (end.op) {
    case 'jump':
      if (end.to !== next) w.push({ opcode: OPCODE_JA, target: end.to });
      return;
    case 'guard':
      w.push({ opcode: OPCODE_MAY_GOTO, target: end.else });
      if (end.then !== next) w.push({ opcode: OPCODE_JA, target: end.then });
      return;
    case 'branch':
      return selectBranch(w, end, next);
    case 'return':
      w.into(0, end.value);
      w.push({ opcode: OPCODE_EXIT });
      return;
  }
}

function selectBranch(w: MachineWriter, end: Terminator & { op: 'branch' }, next: BlockId): void {
  let { cmp, a, b } = end;
  if (a.kind === 'imm' && b.kind === 'reg') [cmp, a, b] = [SWAPPED[cmp], b, a];
  const negated = end.then === next ? NEGATED[cmp] : undefined;
  compare(w, negated ?? cmp, a, b, end.width, negated ? end.else : end.then);
  if (!negated && end.else !== next) w.push({ opcode: OPCODE_JA, target: end.else });
}

function compare(w: MachineWriter, cmp: Comparison, a: Operand, b: Operand, width: Width, target: number): void {
  const opcode = (width === 64 ? CLASS.jmp : CLASS.jmp32) | COMPARE[cmp];
  const dst = w.asRegister(a);
  const value = b.kind === 'imm' ? asWidth(b.value, width) : undefined;
  if (value !== undefined && fitsInt32(value)) w.push({ opcode, dst, imm: Number(value), target });
  else w.push({ opcode: opcode | SOURCE_REG, dst, src: w.asRegister(b), target });
}
