/** The passes between lowering and code generation, in order. */
import type { IrFunction, IrProgram } from './ir.ts';
import { foldAddresses } from './passes/addresses.ts';
import { shareHelpers } from './passes/common-helpers.ts';
import { removeDeadCode } from './passes/dead-code.ts';
import { removeDeadStores } from './passes/dead-stores.ts';
import { fuseBranches } from './passes/fuse-branches.ts';
import { threadJumps } from './passes/jumps.ts';
import { removeNullChecks } from './passes/null-checks.ts';
import { orderBlocks } from './passes/order.ts';
import { propagate } from './passes/propagate.ts';
import { retargetCopies } from './passes/retarget.ts';
import { returnAtOnce } from './passes/returns.ts';
import { reuseLoads } from './passes/reuse-loads.ts';
import { rotateLoops } from './passes/rotate-loops.ts';

type Pass = (fn: IrFunction) => IrFunction;

/** What code generation cannot do without. */
const NECESSARY: readonly Pass[] = [orderBlocks];

const EARLY: readonly Pass[] = [orderBlocks, shareHelpers, propagate];

const LATE: readonly Pass[] = [
  threadJumps,
  propagate,
  foldAddresses,
  reuseLoads,
  propagate,
  removeDeadCode,
  removeDeadStores,
  fuseBranches,
  retargetCopies,
  removeDeadCode,
  threadJumps,
  rotateLoops,
  returnAtOnce,
];

export function optimise(program: IrProgram): IrProgram {
  return apply(LATE, removeNullChecks(apply(EARLY, program)));
}

/** Only what code generation cannot do without. */
export function prepare(program: IrProgram): IrProgram {
  return apply(NECESSARY, program);
}

function apply(passes: readonly Pass[], program: IrProgram): IrProgram {
  return { ...program, functions: program.functions.map((fn) => passes.reduce((f, pass) => pass(f), fn)) };
}
