/** Dead store elimination: what is written to a slot and overwritten or forgotten before anybody reads it. */
import type { Address, Block, IrFunction, Located, Op, Operand, Slot } from '../ir.ts';
import { slotOf } from '../operands.ts';
import { SlotPointers } from '../pointers.ts';
import { slotLiveness } from '../slot-liveness.ts';
import { addRange, type ByteRanges, removeRange, uncovered } from './byte-ranges.ts';
import { countDefinitions } from './definitions.ts';

/** Helpers that write every byte of (r1, size r2) and read none of them, whether they fail or not. */
const FILLING = new Set(['probe_read', 'probe_read_kernel', 'probe_read_user', 'get_current_comm']);

export function removeDeadStores(fn: IrFunction): IrFunction {
  if (fn.slots.length === 0) return fn;
  const pointers = new SlotPointers(fn);
  const { liveOut } = slotLiveness(fn, pointers);
  const addresses = slotAddresses(fn);
  const blocks = fn.blocks.map((block) => {
    const live = new Set(pointers.escaped);
    liveOut(block.id, (slot) => live.add(slot));
    return new BlockSweep(live, pointers, addresses).run(block);
  });
  return { ...fn, blocks };
}

/** What registers with one definition point to, where that is a place in a slot. */
function slotAddresses(fn: IrFunction): ReadonlyMap<number, Address> {
  const definitions = countDefinitions(fn);
  const addresses = new Map<number, Address>();
  for (const { ops } of fn.blocks) {
    for (const op of ops)
      if (op.op === 'addressOf' && definitions[op.dst.id] === 1 && slotOf(op.of)) addresses.set(op.dst.id, op.of);
  }
  return addresses;
}

/** Walks one block backward. */
class BlockSweep {
  /** Bytes of each slot that are written before they are read again, where that is not so for all or none of them. */
  readonly #dead = new Map<number, ByteRanges>();
  /** Slots that are read behind the block. */
  readonly #live: ReadonlySet<number>;
  readonly #pointers: SlotPointers;
  readonly #addresses: ReadonlyMap<number, Address>;

  constructor(live: ReadonlySet<number>, pointers: SlotPointers, addresses: ReadonlyMap<number, Address>) {
    this.#live = live;
    this.#pointers = pointers;
    this.#addresses = addresses;
  }

  run(block: Block): Block {
    const kept: Located<Op>[] = [];
    for (let i = block.ops.length - 1; i >= 0; i--) kept.push(...this.#op(block.ops[i]!));
    return { ...block, ops: kept.reverse() };
  }

  /** What stays of the operation, in reverse order. */
  #op(op: Located<Op>): Located<Op>[] {
    if (op.op === 'store' || op.op === 'copy' || op.op === 'zero') {
      const to = op.op === 'zero' ? op.at : op.to;
      const slot = slotOf(to);
      if (slot && !this.#pointers.escaped.has(slot.id)) return this.#write(op, slot, to.offset);
    }
    if (op.op === 'fresh') this.#overwrite(op.slot, 0, op.slot.size);
    this.#read(op);
    const filled = this.#filled(op);
    if (filled) this.#overwrite(filled.slot, filled.offset, filled.bytes);
    return [op];
  }

  #write(op: Located<Op & { op: 'store' | 'copy' | 'zero' }>, slot: Slot, offset: number): Located<Op>[] {
    const bytes = op.op === 'store' ? op.size : op.bytes;
    const needed = uncovered(this.#deadBytes(slot), offset, offset + bytes);
    if (needed.length === 0) return [];
    this.#overwrite(slot, offset, bytes);
    this.#read(op);
    if (op.op !== 'zero') return [op];
    const parts = needed.map(([from, to]) => ({ ...op, at: { base: slot, offset: from }, bytes: to - from }));
    return parts.reverse();
  }

  #overwrite(slot: Slot, offset: number, bytes: number): void {
    this.#dead.set(slot.id, addRange(this.#deadBytes(slot), offset, offset + bytes));
  }

  #deadBytes(slot: Slot): ByteRanges {
    return this.#dead.get(slot.id) ?? (this.#live.has(slot.id) ? [] : [[0, slot.size]]);
  }

  /** What the operation may read is needed before it. */
  #read(op: Op): void {
    this.#pointers.touchedThroughPointers(op, (slot) => {
      if (op.op !== 'addressOf' && op.op !== 'mov' && op.op !== 'binary') this.#dead.set(slot, []);
    });
    if (op.op === 'load') this.#readRange(op.from, op.size);
    if (op.op === 'atomic') this.#readRange(op.at, op.size);
    if (op.op === 'copy') this.#readRange(op.from, op.bytes);
  }

  #readRange(from: Address, bytes: number): void {
    const slot = slotOf(from);
    if (slot) this.#dead.set(slot.id, removeRange(this.#deadBytes(slot), from.offset, from.offset + bytes));
  }

  #filled(op: Op): { slot: Slot; offset: number; bytes: number } | undefined {
    if (op.op !== 'helper' || !FILLING.has(op.name)) return undefined;
    const [to, size] = op.args as readonly [Operand?, Operand?];
    const address = to?.kind === 'reg' ? this.#addresses.get(to.id) : undefined;
    const slot = address && slotOf(address);
    if (!address || !slot || size?.kind !== 'imm' || this.#pointers.escaped.has(slot.id)) return undefined;
    return { slot, offset: address.offset, bytes: Number(size.value) };
  }
}
