/** Which slots of a function are in use at the same time: those that are not can share space. */
import { BitRows, solveLiveness } from '../ir/dataflow.ts';
import type { Address, Block, IrFunction, Op, Slot, Terminator } from '../ir/ir.ts';
import { definition, forEachAddress, forEachUse, slotOf, successors } from '../ir/operands.ts';
import { predecessorsOf } from '../ir/passes/order.ts';

/** True where two slots must not overlap. */
export type Conflict = (a: Slot, b: Slot) => boolean;

/** Calls `visit` for every slot that an operation may read or write. */
type Touches = (node: Op | Terminator, visit: (slot: number) => void) => void;

/** A slot is in use between any two operations that touch it, unless the later one overwrites it as a whole. */
export function slotConflicts(fn: IrFunction): Conflict {
  const pointers = new Pointers(fn);
  const { liveIn, liveOut } = liveSlots(fn, pointers.touches);
  const conflicts = new BitRows(fn.slots.length, fn.slots.length);
  for (const block of fn.blocks) {
    const spans = spansIn(block, pointers.touches);
    liveIn(block.id, (slot) => extend(spans, slot, -1));
    liveOut(block.id, (slot) => extend(spans, slot, block.ops.length + 1));
    addConflicts(spans, conflicts);
  }
  return (a, b) =>
    pointers.escaped.has(a.id) || pointers.escaped.has(b.id) || conflicts.has(a.id, b.id) || conflicts.has(b.id, a.id);
}

/** Slots in use at the edges of blocks: touched before, and touched again after without being replaced. */
function liveSlots(fn: IrFunction, touches: Touches) {
  const size = [fn.blocks.length, fn.slots.length] as const;
  const touched = new BitRows(...size);
  const needed = new BitRows(...size);
  const replaced = new BitRows(...size);
  for (const block of fn.blocks) {
    for (const node of [...block.ops, block.end!]) {
      const whole = overwritten(node);
      touches(node, (slot) => {
        touched.add(block.id, slot);
        if (slot === whole) replaced.add(block.id, slot);
        else if (!replaced.has(block.id, slot)) needed.add(block.id, slot);
      });
    }
  }
  const next = fn.blocks.map((block) => successors(block.end!));
  const after = solveLiveness(next, fn.slots.length, needed, replaced);
  const before = solveLiveness(predecessorsOf(fn), fn.slots.length, touched, new BitRows(...size));
  type Visit = (slot: number) => void;
  return {
    liveIn: (block: number, visit: Visit) =>
      after.entry.forEach(block, (slot) => before.exit.has(block, slot) && visit(slot)),
    liveOut: (block: number, visit: Visit) =>
      after.exit.forEach(block, (slot) => before.entry.has(block, slot) && visit(slot)),
  };
}

/** First and last position in a block, by slot. */
type Spans = Map<number, { from: number; to: number }>;

function spansIn(block: Block, touches: Touches): Spans {
  const spans: Spans = new Map();
  for (const [at, node] of [...block.ops, block.end!].entries()) touches(node, (slot) => extend(spans, slot, at));
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

/** The slot that an operation replaces from the first byte to the last. */
function overwritten(node: Op | Terminator): number {
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

/** Which slots a register may point into, anywhere in the function. */
class Pointers {
  /** Slots whose address was stored somewhere: in use all the time. */
  readonly escaped = new Set<number>();
  readonly #into = new Map<number, Set<number>>();

  constructor(fn: IrFunction) {
    for (let changed = true; changed; ) {
      changed = false;
      for (const block of fn.blocks) for (const op of block.ops) if (this.#learn(op)) changed = true;
    }
  }

  readonly touches: Touches = (node, visit) => {
    forEachUse(node, ({ id }) => {
      for (const slot of this.#into.get(id) ?? []) visit(slot);
    });
    forEachSlot(node, visit);
  };

  /** True if something new came out. */
  #learn(op: Op): boolean {
    if (op.op === 'store' || op.op === 'atomic') {
      for (const slot of (op.src.kind === 'reg' && this.#into.get(op.src.id)) || []) this.escaped.add(slot);
      return false;
    }
    const dst = definition(op);
    if (!dst || !PASSES_POINTERS.has(op.op)) return false;
    const found = new Set(this.#into.get(dst.id));
    const before = found.size;
    forEachUse(op, ({ id }) => {
      for (const slot of this.#into.get(id) ?? []) found.add(slot);
    });
    forEachSlot(op, (slot) => found.add(slot));
    if (found.size === before) return false;
    this.#into.set(dst.id, found);
    return true;
  }
}

/** Operations whose result may point where an operand points. Helpers return pointers of their own. */
const PASSES_POINTERS: ReadonlySet<string> = new Set(['mov', 'binary', 'addressOf', 'call', 'kfunc']);

function forEachSlot(node: Op | Terminator, visit: (slot: number) => void): void {
  if (node.op === 'jump' || node.op === 'branch' || node.op === 'guard' || node.op === 'return') return;
  forEachAddress(node, (address) => {
    const slot = slotOf(address);
    if (slot) visit(slot.id);
  });
}
