/** Decides where the slots of a function live: in its frame, or in the program's scratch value. */
import type { IrFunction, Slot } from '../ir/ir.ts';
import { forEachAddress, slotOf } from '../ir/operands.ts';
import type { FrameObject } from './machine.ts';

export type Where =
  | { readonly kind: 'frame'; readonly object: number }
  | { readonly kind: 'scratch'; readonly offset: number };

export interface Placement {
  /** By slot id; absent for slots that nothing names. */
  readonly slots: readonly (Where | undefined)[];
  readonly objects: readonly FrameObject[];
  readonly frameBytes: number;
  readonly scratchBytes: number;
}

/** Slots up to this size stay in the frame as long as they can. */
const SMALL = 32;
const SPILL_RESERVE = 64;

/** The largest slots leave first, until the rest fits into `budget` bytes. */
export function placeSlots(fn: IrFunction, budget: number, scratchBase: number): Placement {
  const slots = usedSlots(fn);
  const inFrame = new Set(slots);
  let frameBytes = slots.reduce((sum, slot) => sum + padded(slot), 0);
  const movable = slots.filter((slot) => slot.place === 'any').sort((a, b) => b.size - a.size);
  for (const slot of movable) {
    if (frameBytes <= budget) break;
    inFrame.delete(slot);
    frameBytes -= padded(slot);
  }
  const where: (Where | undefined)[] = new Array(fn.slots.length).fill(undefined);
  const objects: FrameObject[] = [];
  let scratchBytes = 0;
  for (const slot of slots) {
    if (inFrame.has(slot)) {
      where[slot.id] = { kind: 'frame', object: objects.push({ size: slot.size, align: slot.align }) - 1 };
    } else {
      where[slot.id] = { kind: 'scratch', offset: scratchBase + scratchBytes };
      scratchBytes += padded(slot);
    }
  }
  return { slots: where, objects, frameBytes, scratchBytes };
}

/** What a function needs at least: slots that must or should stay in the frame, and some spills. */
export function smallestFrame(fn: IrFunction): number {
  const staying = usedSlots(fn).filter((slot) => slot.place === 'frame' || slot.size <= SMALL);
  return staying.reduce((sum, slot) => sum + padded(slot), SPILL_RESERVE);
}

/** Slots that some operation names: the others need no room. */
function usedSlots(fn: IrFunction): Slot[] {
  const used = new Set<number>();
  for (const block of fn.blocks) {
    for (const op of block.ops) {
      forEachAddress(op, (address) => {
        const slot = slotOf(address);
        if (slot) used.add(slot.id);
      });
    }
  }
  return fn.slots.filter((slot) => used.has(slot.id));
}

const padded = (slot: Slot): number => (slot.size + 7) & ~7;
