/** The passes between lowering and code generation, in order. */
import type { IrFunction, IrProgram } from './ir.ts';
import { foldAddresses } from './passes/addresses.ts';
import { shareHelpers } from './passes/common-helpers.ts';
import { removeDeadCode } from './passes/dead-code.ts';
import { removeDeadStores } from './passes/dead-stores.ts';
import { fuseBranches } from './passes/fuse-branches.ts';
import { InlineMemory, inlineCalls } from './passes/inline.ts';
import { threadJumps } from './passes/jumps.ts';
import { NullCheckMemory, removeNullChecks } from './passes/null-checks.ts';
import { orderBlocks } from './passes/order.ts';
import { propagate } from './passes/propagate.ts';
import { retargetCopies } from './passes/retarget.ts';
import { returnAtOnce } from './passes/returns.ts';
import { reuseLoads } from './passes/reuse-loads.ts';
import { reuseLookups } from './passes/reuse-lookups.ts';
import { rotateLoops } from './passes/rotate-loops.ts';

type Pass = (fn: IrFunction) => IrFunction;

const EARLY: readonly Pass[] = [orderBlocks, shareHelpers, propagate, threadJumps, reuseLookups];

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

/** Optimises programs that share functions: what was done for one is not done again for the next. */
export class Optimiser {
  readonly #before: readonly Pass[];
  readonly #prepared = new Map<IrFunction, IrFunction>();
  readonly #inlined = new InlineMemory();
  readonly #early = new Map<IrFunction, IrFunction>();
  readonly #late = new Map<IrFunction, IrFunction>();
  readonly #checks = new NullCheckMemory();

  /** `before`: what the target needs first. */
  constructor(before: readonly Pass[] = []) {
    this.#before = before;
  }

  run(program: IrProgram): IrProgram {
    const prepared = mapFunctions(program, (fn) => remember(this.#prepared, fn, () => apply(this.#before, fn)));
    const inlined = inlineCalls(prepared, this.#inlined);
    const early = mapFunctions(inlined, (fn) => remember(this.#early, fn, () => apply(EARLY, fn)));
    const checked = removeNullChecks(early, this.#checks);
    return mapFunctions(checked, (fn) => remember(this.#late, fn, () => apply(LATE, fn)));
  }

  /** Only what code generation cannot do without. */
  prepare(program: IrProgram): IrProgram {
    return mapFunctions(program, (fn) => orderBlocks(apply(this.#before, fn)));
  }
}

const apply = (passes: readonly Pass[], fn: IrFunction): IrFunction => passes.reduce((f, pass) => pass(f), fn);

function mapFunctions(program: IrProgram, map: (fn: IrFunction) => IrFunction): IrProgram {
  return { ...program, functions: program.functions.map(map) };
}

function remember<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}
