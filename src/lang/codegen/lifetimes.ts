/** Which slots of a function are in use at the same time: those that are not can share space. */
import { BitRows } from '../ir/dataflow.ts';
import type { Block, IrFunction, Slot } from '../ir/ir.ts';
import type { SlotPointers } from '../ir/pointers.ts';
import { slotLiveness } from '../ir/slot-liveness.ts';

/** True where two slots must not overlap. */
export type Conflict = (a: Slot, b: Slot) => boolean;

/** A slot is in use between any two operations that touch it, unless the later one overwrites it as a whole. */
export function slotConflicts(fn: IrFunction, pointers: SlotPointers): Conflict {
  const { liveIn, liveOut } = slotLiveness(fn, pointers);
  const conflicts = new BitRows(fn.slots.length, fn.slots.length);
  for (const block of fn.blocks) {
    const spans = spansIn(block, pointers);
    liveIn(block.id, (slot) => extend(spans, slot, -1));
    liveOut(block.id, (slot) => extend(spans, slot, block.ops.length + 1));
    addConflicts(spans, conflicts);
  }
  return (a, b) =>
    pointers.escaped.has(a.id) || pointers.escaped.has(b.id) || conflicts.has(a.id, b.id) || conflicts.has(b.id, a.id);
}

/** First and last position in a block, by slot. */
type Spans = Map<number, { from: number; to: number }>;

function spansIn(block: Block, pointers: SlotPointers): Spans {
  const spans: Spans = new Map();
  for (const [at, op] of block.ops.entries()) pointers.touched(op, (slot) => extend(spans, slot, at));
  pointers.touched(block.end!, (slot) => extend(spans, slot, block.ops.length));
  return spans;
}

function extend(spans: Spans, slot: number, at: number): void {
  const span = spans.get(slot);
  if (!span) spans.set(slot, { from: at, to: at });
  else if (at < span.from) span.from = at;
  else if (at > span.to) span.to = at;
}

function addConflicts(spans: Spans, conflicts: BitRows): void {
  const active: { slot: number; to: number }[] = [];
  for (const [slot, { from, to }] of [...spans].sort(([, a], [, b]) => a.from - b.from)) {
    for (let i = active.length - 1; i >= 0; i--) {
      if (active[i]!.to < from) active.splice(i, 1);
      else conflicts.add(slot, active[i]!.slot);
    }
    active.push({ slot, to });
  }
}
