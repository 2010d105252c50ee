/** The passes between lowering and code generation, in order. */
import type { IrFunction, IrProgram } from './ir.ts';
import { foldAddresses } from './passes/addresses.ts';
import { shareHelpers } from './passes/common-helpers.ts';
import { removeDeadCode } from './passes/dead-code.ts';
import { removeDeadStores } from './passes/dead-stores.ts';
import { threadJumps } from './passes/jumps.ts';
import { orderBlocks } from './passes/order.ts';
import { propagate } from './passes/propagate.ts';
import { retargetCopies } from './passes/retarget.ts';
import { returnAtOnce } from './passes/returns.ts';
import { reuseLoads } from './passes/reuse-loads.ts';
import { rotateLoops } from './passes/rotate-loops.ts';

type Pass = (fn: IrFunction) => IrFunction;

/** What code generation cannot do without. */
export const NECESSARY: readonly Pass[] = [orderBlocks];

export const PASSES: readonly Pass[] = [
  orderBlocks,
  shareHelpers,
  propagate,
  foldAddresses,
  reuseLoads,
  threadJumps,
  propagate,
  removeDeadCode,
  removeDeadStores,
  retargetCopies,
  removeDeadCode,
  threadJumps,
  rotateLoops,
  returnAtOnce,
];

export function optimise(program: IrProgram, passes: readonly Pass[] = PASSES): IrProgram {
  return { ...program, functions: program.functions.map((fn) => passes.reduce((f, pass) => pass(f), fn)) };
}
