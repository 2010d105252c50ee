/** Decides where the slots of a function live: in its frame, or in the program's scratch value. */
import type { IrFunction, Slot } from '../ir/ir.ts';
import { forEachAddress, slotOf } from '../ir/operands.ts';
import { SlotPointers } from '../ir/pointers.ts';
import { type Conflict, slotConflicts } from './lifetimes.ts';

/** Offsets of slots from the start of the area that they share. */
export interface SlotArea {
  readonly bytes: number;
  readonly offset: (slot: Slot) => number;
}

export interface Placement {
  readonly frame: SlotArea;
  /** Slots that live in the scratch value, and where in it. */
  readonly moved: ReadonlyMap<Slot, number>;
  readonly scratchBytes: number;
}

/** Helpers that want their callback's context in a frame, and which argument it is. */
const CONTEXT_ARGUMENT: Readonly<Record<string, number>> = { loop: 2, for_each_map_elem: 2, user_ringbuf_drain: 2 };

/** Slots up to this size stay in the frame as long as they can. */
const SMALL = 32;
const KEY_BYTES = 8;

/** The slots of one function, ready to be placed. */
export class FramePlan {
  readonly #slots: readonly Slot[];
  readonly #conflict: Conflict;
  /** Slots that cannot leave the frame. */
  readonly #fixed: ReadonlySet<Slot>;

  constructor(fn: IrFunction) {
    const pointers = new SlotPointers(fn);
    this.#slots = usedSlots(fn);
    this.#fixed = fixedSlots(fn, pointers);
    this.#conflict = this.#slots.length > 1 ? slotConflicts(fn, pointers) : () => true;
  }

  /** What it needs at least for slots that must or should stay in the frame. */
  get smallest(): number {
    return share(
      this.#slots.filter((slot) => this.#fixed.has(slot) || slot.size <= SMALL),
      this.#conflict,
    ).bytes;
  }

  /** The largest slots leave first, until the rest fits into `budget` bytes. */
  place(budget: number, scratchBase: number): Placement {
    const isMovable = (slot: Slot): boolean => !this.#fixed.has(slot);
    const staying = [...this.#slots].sort((a, b) => Number(isMovable(a)) - Number(isMovable(b)) || a.size - b.size);
    const leaving: Slot[] = [];
    let frame = share(staying, this.#conflict);
    while (frame.bytes > budget && staying.some(isMovable)) {
      leaving.push(staying.pop()!);
      frame = share(staying, this.#conflict);
    }
    const scratch = share(leaving, this.#conflict);
    const moved = new Map([...scratch.offsets].map(([slot, offset]) => [slot, scratchBase + offset]));
    // Behind the slots comes the key of the scratch map, which `moveToScratch` adds.
    const key = moved.size > 0 ? KEY_BYTES : 0;
    const area = { bytes: frame.bytes + key, offset: (slot: Slot) => frame.offsets.get(slot) ?? frame.bytes };
    return { frame: area, moved, scratchBytes: scratch.bytes };
  }
}

function fixedSlots(fn: IrFunction, pointers: SlotPointers): ReadonlySet<Slot> {
  const fixed = new Set(fn.slots.filter((slot) => slot.place === 'frame'));
  for (const { ops } of fn.blocks) {
    for (const op of ops) {
      const context = op.op === 'helper' ? op.args[CONTEXT_ARGUMENT[op.name] ?? -1] : undefined;
      if (context?.kind === 'reg') for (const id of pointers.targets(context.id)) fixed.add(fn.slots[id]!);
    }
  }
  return fixed;
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

/** Offsets such that slots in use at the same time do not overlap: the largest first, each as low as it can. */
function share(slots: readonly Slot[], conflict: Conflict): { offsets: Map<Slot, number>; bytes: number } {
  const offsets = new Map<Slot, number>();
  let bytes = 0;
  for (const slot of [...slots].sort((a, b) => b.size - a.size)) {
    const taken = [...offsets].filter(([other]) => conflict(slot, other)).sort(([, a], [, b]) => a - b);
    let at = 0;
    for (const [other, offset] of taken) {
      if (at + padded(slot) <= offset) break;
      at = Math.max(at, offset + padded(other));
    }
    offsets.set(slot, at);
    bytes = Math.max(bytes, at + padded(slot));
  }
  return { offsets, bytes };
}

const padded = (slot: Slot): number => (slot.size + 7) & ~7;
