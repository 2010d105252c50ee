/** Dominators: which block every way to another one goes through. */
import type { BlockId, IrFunction } from './ir.ts';
import { predecessorsOf } from './passes/order.ts';

/**
 * The immediate dominator of each block; the entry is its own. For blocks in the order of `orderBlocks`
 * (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm).
 */
export function immediateDominators(fn: IrFunction): Int32Array {
  const before = predecessorsOf(fn);
  const dominator = new Int32Array(fn.blocks.length).fill(-1);
  dominator[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let block = 1; block < fn.blocks.length; block++) {
      const known = before[block]!.filter((b) => dominator[b] !== -1);
      const common = known.reduce((a, b) => commonDominator(dominator, a, b));
      if (dominator[block] === common) continue;
      dominator[block] = common;
      changed = true;
    }
  }
  return dominator;
}

/** A dominator comes earlier in the order than what it dominates. */
export function commonDominator(dominator: Int32Array, a: BlockId, b: BlockId): BlockId {
  let [x, y] = [a, b];
  while (x !== y) {
    if (x > y) x = dominator[x]!;
    else y = dominator[y]!;
  }
  return x;
}
