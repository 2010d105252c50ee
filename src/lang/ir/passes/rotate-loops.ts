/** Loop rotation: a short test at the head of a loop is repeated at its end, so that an iteration jumps once. */
import type { Block, IrFunction } from '../ir.ts';

/** Operations that may be repeated. */
const LONGEST_TEST = 3;

export function rotateLoops(fn: IrFunction): IrFunction {
  const blocks = fn.blocks.map((block): Block => {
    const end = block.end!;
    if (end.op !== 'jump' || end.to > block.id) return block;
    const { ops, end: test } = fn.blocks[end.to]!;
    if (test!.op !== 'branch' || ops.length > LONGEST_TEST) return block;
    return { ...block, ops: [...block.ops, ...ops], end: test! };
  });
  return { ...fn, blocks };
}
