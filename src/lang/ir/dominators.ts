/** Dominators: which block every way to another one goes through. */
import type { BlockId, IrFunction } from './ir.ts';
import { predecessorsOf } from './passes/order.ts';

/**
 * The immediate dominator of each block; the entry is its own, an unreachable block has none (−1). For blocks in the
 * order of `orderBlocks` (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm).
 */
export function immediateDominators(fn: IrFunction): Int32Array {
  const before = predecessorsOf(fn);
  const dominator = new Int32Array(fn.blocks.length).fill(-1);
  dominator[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let block = 1; block < fn.blocks.length; block++) {
      let common = -1;
      for (const way of before[block]!) {
        if (dominator[way] === -1) continue;
        common = common === -1 ? way : commonDominator(dominator, common, way);
      }
      if (common === -1 || dominator[block] === common) continue;
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

/** Tells whether one block dominates another (or is it). */
export function dominance(fn: IrFunction): (a: BlockId, b: BlockId) => boolean {
  const dominator = immediateDominators(fn);
  const children: BlockId[][] = fn.blocks.map(() => []);
  for (let block = 1; block < dominator.length; block++) children[dominator[block]!]?.push(block);
  // What a block dominates are the numbers from its own to its last: blocks numbered from the root down.
  const first = new Int32Array(dominator.length);
  const last = new Int32Array(dominator.length);
  let count = 0;
  const stack: { block: BlockId; next: number }[] = [{ block: 0, next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    if (top.next === 0) first[top.block] = count++;
    const child = children[top.block]![top.next++];
    if (child !== undefined) {
      stack.push({ block: child, next: 0 });
      continue;
    }
    last[top.block] = count;
    stack.pop();
  }
  return (a, b) => first[a]! <= first[b]! && first[b]! < last[a]!;
}
