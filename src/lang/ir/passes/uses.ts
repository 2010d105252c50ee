/** How often each register is read. */
import type { IrFunction } from '../ir.ts';
import { forEachUse } from '../operands.ts';

export function countUses(fn: IrFunction): Uint32Array {
  const uses = new Uint32Array(fn.registers);
  const count = ({ id }: { id: number }) => {
    uses[id]!++;
  };
  for (const block of fn.blocks) {
    for (const op of block.ops) forEachUse(op, count);
    forEachUse(block.end!, count);
  }
  return uses;
}
