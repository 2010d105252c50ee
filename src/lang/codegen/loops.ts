/** Loop depth of machine blocks, from the jumps that go back in the order of emission. */
import type { MachineFunction } from './machine.ts';

export function markLoops(fn: MachineFunction): MachineFunction {
  fn.blocks.forEach((block, from) => {
    for (const to of block.successors) {
      for (let b = to; b <= from; b++) fn.blocks[b]!.depth++;
    }
  });
  return fn;
}
