/** A jump to nothing but a constant return returns at once: one instruction less on the way. */
import type { Block, IrFunction } from '../ir.ts';
import { orderBlocks } from './order.ts';

/** Last: it looks at which blocks follow each other. */
export function returnAtOnce(fn: IrFunction): IrFunction {
  const blocks = fn.blocks.map((block): Block => {
    const end = block.end!;
    if (end.op !== 'jump' || end.to === block.id + 1) return block;
    const { ops, end: last } = fn.blocks[end.to]!;
    const isReturn = ops.length === 0 && last!.op === 'return' && last!.value.kind === 'imm';
    return isReturn ? { ...block, end: last! } : block;
  });
  return orderBlocks({ ...fn, blocks });
}
