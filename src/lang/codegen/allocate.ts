/** Register allocation: what finds no machine register is taken apart, then spilled, and all are assigned again. */
import { PebbleError } from '../../base/errors.ts';
import { assignRegisters } from './assign.ts';
import { computeIntervals } from './intervals.ts';
import { isCopy, type MachineFunction, readsDst, readsSrc, writesDst } from './machine.ts';
import { rewriteSpills, type SpillMode, type Spills } from './spill.ts';

const MAX_ROUNDS = 100;

/** The same function over machine registers, with spill slots in its frame. The original is used up. */
export function allocateRegisters(original: MachineFunction): MachineFunction {
  const spills: Spills = new Map();
  const apart = new Set<number>();
  const intervals = computeIntervals(original);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { fn, origin, pinned } = rewriteSpills(original, spills, intervals.ranges);
    const live = fn === original ? intervals : computeIntervals(fn);
    const { assigned, failed } = assignRegisters(fn, live, { pinned, apart: (reg) => apart.has(origin(reg)) });
    if (failed.length === 0) return apply(fn, assigned);
    for (const group of failed) {
      const origins = [...new Set(group.map(origin))];
      if (group.length > 1) for (const reg of origins) apart.add(reg);
      else spills.set(origins[0]!, next(spills.get(origins[0]!)));
    }
  }
  throw new PebbleError('internal', {
    doing: `allocating registers of ${original.name}`,
    what: `no solution after ${MAX_ROUNDS} rounds`,
  });
}

/** First a temporary per stretch without calls, then one per instruction. */
const next = (mode: SpillMode | undefined): SpillMode => (mode === undefined ? 'stretch' : 'instruction');

function apply(fn: MachineFunction, assigned: Int8Array): MachineFunction {
  for (const block of fn.blocks) {
    for (const insn of block.insns) {
      if (readsDst(insn) || writesDst(insn)) insn.dst = assigned[insn.dst]!;
      if (readsSrc(insn)) insn.src = assigned[insn.src]!;
    }
    block.insns = block.insns.filter((insn) => !(isCopy(insn) && insn.dst === insn.src));
  }
  return fn;
}
