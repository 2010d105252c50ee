/** Block layout: drops unreachable blocks and puts the rest in an order where loops stay together and paths fall through. */
import type { BlockId, IrFunction } from '../ir.ts';
import { mapSuccessors, successors } from '../operands.ts';

export function orderBlocks(fn: IrFunction): IrFunction {
  const order = postOrder(fn, (next) => next);
  const depth = loopDepths(fn, order);
  if (!depth) return renumber(fn, order.reverse());
  const inner = postOrder(fn, (next) => [...next].sort((a, b) => depth[a]! - depth[b]!));
  return renumber(fn, inner.reverse());
}

/** Successors are visited in the order that `arrange` gives: the last one comes first in the layout. */
function postOrder(fn: IrFunction, arrange: (next: readonly BlockId[]) => readonly BlockId[]): BlockId[] {
  const seen = new Uint8Array(fn.blocks.length);
  const order: BlockId[] = [];
  // An explicit stack: scripts with thousands of blocks in a row must not exhaust ours.
  const stack: { block: BlockId; next: readonly BlockId[]; at: number }[] = [];
  const open = (block: BlockId) => {
    seen[block] = 1;
    const next = successors(fn.blocks[block]!.end!);
    stack.push({ block, next: arrange(next.length > 1 ? next.toReversed() : next), at: 0 });
  };
  open(0);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const next = top.next[top.at++];
    if (next === undefined) {
      order.push(top.block);
      stack.pop();
    } else if (seen[next] === 0) open(next);
  }
  return order;
}

/** In how many natural loops a block is; undefined if there are no loops. */
function loopDepths(fn: IrFunction, order: readonly BlockId[]): Int32Array | undefined {
  const rank = new Int32Array(fn.blocks.length).fill(-1);
  order.forEach((block, i) => {
    rank[block] = i;
  });
  const back: { latch: BlockId; header: BlockId }[] = [];
  for (const latch of order) {
    for (const header of successors(fn.blocks[latch]!.end!)) {
      if (rank[header]! >= rank[latch]!) back.push({ latch, header });
    }
  }
  if (back.length === 0) return undefined;
  const depth = new Int32Array(fn.blocks.length);
  const before = predecessorsOf(fn);
  for (const { latch, header } of back) for (const block of loopBody(before, rank, header, latch)) depth[block]!++;
  return depth;
}

/** The blocks that reach the latch without passing the header. */
function loopBody(before: readonly BlockId[][], rank: Int32Array, header: BlockId, latch: BlockId): Set<BlockId> {
  const body = new Set([header]);
  const work = [latch];
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    if (body.has(block) || rank[block] === -1) continue;
    body.add(block);
    work.push(...before[block]!);
  }
  return body;
}

export function predecessorsOf(fn: IrFunction): BlockId[][] {
  const before: BlockId[][] = fn.blocks.map(() => []);
  for (const block of fn.blocks) for (const to of successors(block.end!)) before[to]!.push(block.id);
  return before;
}

/** The blocks of `order` in that order, numbered by it; the others are gone. The same function if they are in it. */
function renumber(fn: IrFunction, order: readonly BlockId[]): IrFunction {
  if (order.length === fn.blocks.length && order.every((old, id) => old === id)) return fn;
  const number = new Int32Array(fn.blocks.length).fill(-1);
  order.forEach((block, i) => {
    number[block] = i;
  });
  const blocks = order.map((old, id) => {
    const { ops, end } = fn.blocks[old]!;
    return { id, ops, end: mapSuccessors(end!, (to) => number[to]!) };
  });
  return { ...fn, blocks };
}
