/** Slots that left the frame become places in the scratch value: one look-up, where all that use it have been reached. */
import { commonDominator, immediateDominators } from '../ir/dominators.ts';
import type { Address, Block, BlockId, IrFunction, Located, Op, Operand, Reg, Slot, Terminator } from '../ir/ir.ts';
import { forEachAddress, mapAddresses, mapSuccessors, slotOf, successors } from '../ir/operands.ts';

/** Where slots go that have to leave the frame. */
export interface Scratch {
  readonly map: string;
  /** Bytes of its value that others have. */
  readonly used: number;
  /** Values in the map: several where a program can be entered again before it ends. */
  readonly copies: number;
}

/** Where several copies exist, the first word of a function's part says that one is taken. */
export const FLAG_BYTES = 8;

/** `offsets` are those of the moved slots in the value. */
export function moveToScratch(fn: IrFunction, offsets: ReadonlyMap<Slot, number>, scratch: Scratch): IrFunction {
  if (offsets.size === 0) return fn;
  return scratch.copies === 1 ? new Mover(fn, offsets, scratch).lookUp() : new Mover(fn, offsets, scratch).take();
}

const imm = (value: number): Operand => ({ kind: 'imm', value: BigInt(value) });

class Mover {
  readonly #fn: IrFunction;
  readonly #offsets: ReadonlyMap<Slot, number>;
  readonly #scratch: Scratch;
  readonly #base: Reg;
  readonly #key: Slot;
  #registers: number;

  constructor(fn: IrFunction, offsets: ReadonlyMap<Slot, number>, scratch: Scratch) {
    this.#fn = fn;
    this.#offsets = offsets;
    this.#scratch = scratch;
    this.#registers = fn.registers;
    this.#base = this.#reg();
    this.#key = { id: fn.slots.length, name: 'scratch key', size: 4, align: 4, place: 'frame' };
  }

  /** The only copy. */
  lookUp(): IrFunction {
    const at = lookUpBlock(this.#fn, this.#offsets);
    const exit = this.#fn.blocks.length + 1;
    return this.#insert(at, [this.#lookUpBlock(at, 0, { found: at + 1, exit })]);
  }

  /** The first copy that nobody has, given back on return. With all of them taken nothing is done. */
  take(): IrFunction {
    const { copies } = this.#scratch;
    const exit = this.#fn.blocks.length + 2 * copies;
    const attempts = Array.from({ length: copies }, (_, copy): Block[] => {
      const next = copy + 1 < copies ? 2 * copy + 2 : exit;
      const look = this.#lookUpBlock(2 * copy, copy, { found: 2 * copy + 1, exit });
      return [look, this.#takeBlock(2 * copy + 1, { taken: next, free: 2 * copies })];
    });
    return this.#insert(0, attempts.flat());
  }

  /** The function with these blocks before its block `at`, and a last one that does nothing and returns. */
  #insert(at: BlockId, added: readonly Block[]): IrFunction {
    const shift = (to: BlockId): BlockId => (to <= at ? to : to + added.length);
    const moved = this.#fn.blocks.map(
      ({ id, ops, end }): Block => ({
        id: id < at ? id : id + added.length,
        ops: this.#withRelease(
          ops.map((op) => mapAddresses(op, (address) => this.#resolve(address))),
          end!,
        ),
        end: mapSuccessors(end!, shift),
      }),
    );
    const nothing: Block = { id: moved.length + added.length, ops: [], end: { op: 'return', value: this.#verdict() } };
    return {
      ...this.#fn,
      blocks: [...moved.slice(0, at), ...added, ...moved.slice(at), nothing],
      slots: [...this.#fn.slots, this.#key],
      registers: this.#registers,
    };
  }

  /** What every return gives where that is known: 0 hides a tracepoint from perf. */
  #verdict(): Operand {
    const [first, ...others] = this.#fn.blocks.flatMap(({ end }) => (end?.op === 'return' ? [end.value] : []));
    const isKnown = first?.kind === 'imm' && others.every((one) => one.kind === 'imm' && one.value === first.value);
    return isKnown ? first : imm(0);
  }

  #resolve(address: Address): Address {
    const slot = slotOf(address);
    const offset = slot && this.#offsets.get(slot);
    return offset === undefined ? address : { base: this.#base, offset: offset + address.offset };
  }

  #withRelease(ops: readonly Located<Op>[], end: Located<Terminator>): Located<Op>[] {
    if (end.op !== 'return' || this.#scratch.copies === 1) return [...ops];
    return [...ops, { op: 'store', to: this.#flag(), size: 8, src: imm(0), ...sourceOf(end) }];
  }

  #flag(): Address {
    return { base: this.#base, offset: this.#scratch.used };
  }

  #lookUpBlock(id: BlockId, copy: number, to: { found: BlockId; exit: BlockId }): Block {
    const [handle, pointer] = [this.#reg(), this.#reg()];
    const key = { base: this.#key, offset: 0 };
    // The verifier wants to see the look-up checked.
    const { found, exit } = to;
    return this.#block(
      id,
      [
        { op: 'store', to: key, size: 4, src: imm(copy) },
        { op: 'map', dst: handle, map: this.#scratch.map },
        { op: 'addressOf', dst: pointer, of: key },
        { op: 'helper', dst: this.#base, name: 'map_lookup_elem', args: [handle, pointer] },
      ],
      { op: 'branch', cmp: 'ne', a: this.#base, b: imm(0), width: 64, then: found, else: exit },
    );
  }

  #takeBlock(id: BlockId, to: { taken: BlockId; free: BlockId }): Block {
    const [one, before] = [this.#reg(), this.#reg()];
    return this.#block(
      id,
      [
        { op: 'mov', dst: one, src: imm(1) },
        { op: 'atomic', fn: 'xchg', at: this.#flag(), size: 8, src: one, fetch: before },
      ],
      { op: 'branch', cmp: 'eq', a: before, b: imm(0), width: 64, then: to.free, else: to.taken },
    );
  }

  #block(id: BlockId, ops: readonly Op[], end: Terminator): Block {
    const first = this.#fn.blocks[0]!;
    const source = sourceOf(first.ops[0] ?? first.end!);
    return { id, ops: ops.map((op) => ({ ...op, ...source })), end: { ...end, ...source } };
  }

  #reg(): Reg {
    return { kind: 'reg', id: this.#registers++ };
  }
}

const sourceOf = ({ source }: Located<Op | Terminator>) => (source ? { source } : {});

/** The last block that every use comes after, outside of loops, and where no record of a ring is held: a look-up can fail. */
function lookUpBlock(fn: IrFunction, offsets: ReadonlyMap<Slot, number>): BlockId {
  const dominator = immediateDominators(fn);
  const uses = fn.blocks.filter((block) => block.ops.some((op) => usesAny(op, offsets)));
  let at = uses.map((block) => block.id).reduce((a, b) => commonDominator(dominator, a, b));
  const inLoop = loopBlocks(fn);
  const isHeld = heldRecords(fn);
  while (inLoop[at] === 1 || isHeld[at] === 1) at = dominator[at]!;
  return at;
}

function usesAny(op: Op, offsets: ReadonlyMap<Slot, number>): boolean {
  let found = false;
  forEachAddress(op, (address) => {
    const slot = slotOf(address);
    if (slot && offsets.has(slot)) found = true;
  });
  return found;
}

/** 1 for every block at whose start a record may be reserved and not yet sent, in the order of the blocks. */
function heldRecords(fn: IrFunction): Uint8Array {
  const held = new Uint8Array(fn.blocks.length);
  for (const { id, ops, end } of fn.blocks) {
    let holds = held[id] === 1;
    for (const op of ops) {
      if (op.op !== 'helper') continue;
      if (op.name === 'ringbuf_reserve') holds = true;
      if (op.name === 'ringbuf_submit' || op.name === 'ringbuf_discard') holds = false;
    }
    if (holds) for (const to of successors(end!)) if (to > id) held[to] = 1;
  }
  return held;
}

/** 1 for every block between a jump back and where it goes, in the order of the blocks. */
function loopBlocks(fn: IrFunction): Uint8Array {
  const inLoop = new Uint8Array(fn.blocks.length);
  for (const { id, end } of fn.blocks) for (const to of successors(end!)) if (to <= id) inLoop.fill(1, to, id + 1);
  return inLoop;
}
