/** Which slots the registers of a function may point into, and so which operations touch which slots. */
import type { IrFunction, Op, Terminator } from './ir.ts';
import { definition, forEachAddress, forEachUse, slotOf } from './operands.ts';

/** Operations whose result may point where an operand points. Helpers return pointers of their own. */
const PASSES_POINTERS: ReadonlySet<string> = new Set(['mov', 'binary', 'addressOf', 'call', 'kfunc']);
const NOTHING: ReadonlySet<number> = new Set();

export class SlotPointers {
  /** Slots whose address was stored somewhere: anything may touch them. */
  readonly escaped = new Set<number>();
  readonly #into = new Map<number, Set<number>>();

  constructor(fn: IrFunction) {
    if (fn.slots.length === 0) return;
    const relevant = fn.blocks.flatMap(({ ops }) => ops.filter(mayPass));
    for (let changed = true; changed; ) {
      changed = false;
      for (const op of relevant) if (this.#learn(op)) changed = true;
    }
  }

  /** Slots, by id, that a register may point into. */
  targets(reg: number): ReadonlySet<number> {
    return this.#into.get(reg) ?? NOTHING;
  }

  /** Visits the slots that an operation may read or write, by name or through a pointer. */
  touched(node: Op | Terminator, visit: (slot: number) => void): void {
    this.touchedThroughPointers(node, visit);
    forEachSlot(node, visit);
  }

  touchedThroughPointers(node: Op | Terminator, visit: (slot: number) => void): void {
    if (this.#into.size === 0) return;
    forEachUse(node, ({ id }) => {
      for (const slot of this.targets(id)) visit(slot);
    });
  }

  /** True if something new came out. */
  #learn(op: Op): boolean {
    if (op.op === 'store' || op.op === 'atomic') {
      if (op.src.kind === 'reg') for (const slot of this.targets(op.src.id)) this.escaped.add(slot);
      return false;
    }
    const dst = definition(op);
    if (!dst) return false;
    let isNew = false;
    const add = (slot: number) => {
      isNew = this.#add(dst.id, slot) || isNew;
    };
    this.touched(op, add);
    return isNew;
  }

  #add(reg: number, slot: number): boolean {
    const known = this.#into.get(reg);
    if (known?.has(slot)) return false;
    if (known) known.add(slot);
    else this.#into.set(reg, new Set([slot]));
    return true;
  }
}

const mayPass = ({ op }: Op): boolean => op === 'store' || op === 'atomic' || PASSES_POINTERS.has(op);

function forEachSlot(node: Op | Terminator, visit: (slot: number) => void): void {
  if (node.op === 'jump' || node.op === 'branch' || node.op === 'guard' || node.op === 'return') return;
  forEachAddress(node, (address) => {
    const slot = slotOf(address);
    if (slot) visit(slot.id);
  });
}
