/** Slots that left the frame become places in the scratch value: one look-up, where all that use it have been reached. */
import { commonDominator, immediateDominators } from '../ir/dominators.ts';
import type { Address, Block, BlockId, IrFunction, Located, Op, Reg, Slot, Terminator } from '../ir/ir.ts';
import { forEachAddress, mapAddresses, mapSuccessors, slotOf, successors } from '../ir/operands.ts';

/** `offsets` are those of the moved slots in the value of `map`. */
export function moveToScratch(fn: IrFunction, offsets: ReadonlyMap<Slot, number>, map: string): IrFunction {
  if (offsets.size === 0) return fn;
  const at = lookUpBlock(fn, offsets);
  const base: Reg = { kind: 'reg', id: fn.registers };
  const resolve = (address: Address): Address => {
    const slot = slotOf(address);
    const offset = slot && offsets.get(slot);
    return offset === undefined ? address : { base, offset: offset + address.offset };
  };
  const shift = (to: BlockId): BlockId => (to <= at ? to : to + 1);
  const moved = fn.blocks.map(
    ({ id, ops, end }): Block => ({
      id: id < at ? id : id + 1,
      ops: ops.map((op) => mapAddresses(op, resolve)),
      end: mapSuccessors(end!, shift),
    }),
  );
  const key: Slot = { id: fn.slots.length, name: 'scratch key', size: 4, align: 4, place: 'frame' };
  const exit = fn.blocks.length + 1;
  // Never taken: the verifier wants to see the look-up checked.
  const nothing: Block = { id: exit, ops: [], end: { op: 'return', value: { kind: 'imm', value: 0n } } };
  const look = lookUp(fn, at, { base, key, map, exit });
  return {
    ...fn,
    blocks: [...moved.slice(0, at), look, ...moved.slice(at), nothing],
    slots: [...fn.slots, key],
    registers: fn.registers + 3,
  };
}

interface LookUp {
  readonly base: Reg;
  readonly key: Slot;
  readonly map: string;
  readonly exit: BlockId;
}

function lookUp(fn: IrFunction, at: BlockId, { base, key, map, exit }: LookUp): Block {
  const handle: Reg = { kind: 'reg', id: fn.registers + 1 };
  const pointer: Reg = { kind: 'reg', id: fn.registers + 2 };
  const zero = { kind: 'imm', value: 0n } as const;
  const first = fn.blocks[at]!.ops[0] ?? fn.blocks[at]!.end!;
  const source = first.source && { source: first.source };
  const ops: Op[] = [
    { op: 'store', to: { base: key, offset: 0 }, size: 4, src: zero },
    { op: 'map', dst: handle, map },
    { op: 'addressOf', dst: pointer, of: { base: key, offset: 0 } },
    { op: 'helper', dst: base, name: 'map_lookup_elem', args: [handle, pointer] },
  ];
  const end: Terminator = { op: 'branch', cmp: 'ne', a: base, b: zero, width: 64, then: at + 1, else: exit };
  const located = ops.map((op): Located<Op> => ({ ...op, ...source }));
  return { id: at, ops: located, end: { ...end, ...source } };
}

/** The last block that every use comes after, outside of loops. */
function lookUpBlock(fn: IrFunction, offsets: ReadonlyMap<Slot, number>): BlockId {
  const dominator = immediateDominators(fn);
  const uses = fn.blocks.filter((block) => block.ops.some((op) => usesAny(op, offsets)));
  let at = uses.map((block) => block.id).reduce((a, b) => commonDominator(dominator, a, b));
  const inLoop = loopBlocks(fn);
  while (inLoop[at] === 1) at = dominator[at]!;
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

/** 1 for every block between a jump back and where it goes, in the order of the blocks. */
function loopBlocks(fn: IrFunction): Uint8Array {
  const inLoop = new Uint8Array(fn.blocks.length);
  for (const { id, end } of fn.blocks) for (const to of successors(end!)) if (to <= id) inLoop.fill(1, to, id + 1);
  return inLoop;
}
