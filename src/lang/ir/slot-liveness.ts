/** Which slots hold something at the edges of blocks that is still to be read. */
import { BitRows, solve } from './dataflow.ts';
import type { Address, IrFunction, Op, Terminator } from './ir.ts';
import { slotOf, successors } from './operands.ts';
import { predecessorsOf } from './passes/order.ts';
import type { SlotPointers } from './pointers.ts';

export interface SlotLiveness {
  /** Touched on some way to the block's start, and touched again from there without being replaced as a whole. */
  readonly liveIn: (block: number, visit: (slot: number) => void) => void;
  readonly liveOut: (block: number, visit: (slot: number) => void) => void;
}

export function slotLiveness(fn: IrFunction, pointers: SlotPointers): SlotLiveness {
  const size = [fn.blocks.length, fn.slots.length] as const;
  const touched = new BitRows(...size);
  const needed = new BitRows(...size);
  const replaced = new BitRows(...size);
  for (const block of fn.blocks) {
    const visit = (node: Op | Terminator) => {
      if (node.op === 'fresh') replaced.add(block.id, node.slot.id);
      const whole = replacedSlot(node);
      pointers.touched(node, (slot) => {
        touched.add(block.id, slot);
        if (slot === whole) replaced.add(block.id, slot);
        else if (!replaced.has(block.id, slot)) needed.add(block.id, slot);
      });
    };
    block.ops.forEach(visit);
    visit(block.end!);
  }
  const next = fn.blocks.map((block) => successors(block.end!));
  const after = solve({ next, direction: 'backward' }, fn.slots.length, needed, replaced);
  const before = solve({ next: predecessorsOf(fn), direction: 'forward' }, fn.slots.length, touched);
  return {
    liveIn: (block, visit) => after.near.forEach(block, (slot) => before.far.has(block, slot) && visit(slot)),
    liveOut: (block, visit) => after.far.forEach(block, (slot) => before.near.has(block, slot) && visit(slot)),
  };
}

/** The slot that an operation overwrites from the first byte to the last, −1 if none. */
function replacedSlot(node: Op | Terminator): number {
  const whole = (address: Address, bytes: number): number => {
    const slot = slotOf(address);
    return slot && address.offset === 0 && bytes >= slot.size ? slot.id : -1;
  };
  switch (node.op) {
    case 'zero':
      return whole(node.at, node.bytes);
    case 'copy':
      return slotOf(node.from) === slotOf(node.to) ? -1 : whole(node.to, node.bytes);
    case 'store':
      return whole(node.to, node.size);
    default:
      return -1;
  }
}
