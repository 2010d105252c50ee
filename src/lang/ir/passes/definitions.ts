/** Which registers are written only once: what is known about them holds wherever they are read. */
import type { IrFunction } from '../ir.ts';
import { definition } from '../operands.ts';

/** 0, 1 or 2 (many), by register. */
export function countDefinitions(fn: IrFunction): Uint8Array {
  const counts = new Uint8Array(fn.registers);
  const add = (id: number) => {
    counts[id] = Math.min(2, counts[id]! + 1);
  };
  for (const parameter of fn.parameters) add(parameter.id);
  for (const block of fn.blocks) {
    for (const op of block.ops) {
      const dst = definition(op);
      if (dst) add(dst.id);
    }
  }
  return counts;
}
