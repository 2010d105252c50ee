/** Load reuse: a value that was just loaded from or stored to the same place is not loaded again. */
import type { BlockId, IrFunction } from '../ir.ts';
import { SlotPointers } from '../pointers.ts';
import { type Content, KnownMemory } from './known-memory.ts';
import { predecessorsOf } from './order.ts';

/** Expects blocks in an order where definitions come before their uses. */
export function reuseLoads(fn: IrFunction): IrFunction {
  const pointers = new SlotPointers(fn);
  const before = predecessorsOf(fn);
  const atEnd: Content[][] = [];
  const blocks = fn.blocks.map((block) => {
    const [only, second] = before[block.id]!;
    const inherits = only !== undefined && second === undefined && only < block.id;
    const memory = new KnownMemory(pointers, inherits ? atEnd[only as BlockId]! : []);
    const ops = block.ops.map((op) => memory.pass(op));
    atEnd.push(memory.contents);
    return { ...block, ops };
  });
  return { ...fn, blocks };
}
