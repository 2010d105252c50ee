/** Dead code elimination: operations without effect whose result nobody reads. */
import { BitRows, solve } from '../dataflow.ts';
import type { IrFunction, Located, Op } from '../ir.ts';
import { definition, forEachUse, hasEffect, successors } from '../operands.ts';

export function removeDeadCode(fn: IrFunction): IrFunction {
  const exit = liveAtExit(fn);
  const live = new Uint8Array(fn.registers);
  const blocks = fn.blocks.map((block) => {
    live.fill(0);
    exit(block.id, (reg) => {
      live[reg] = 1;
    });
    const use = ({ id }: { id: number }) => {
      live[id] = 1;
    };
    forEachUse(block.end!, use);
    const kept = [];
    for (let i = block.ops.length - 1; i >= 0; i--) {
      const op = block.ops[i]!;
      const dst = definition(op);
      const isNoCopy = !(op.op === 'mov' && op.src.kind === 'reg' && op.src.id === op.dst.id && op.width !== 32);
      if (!hasEffect(op) && (!dst || live[dst.id] === 0 || !isNoCopy)) continue;
      const isRead = dst && live[dst.id] === 1;
      if (dst) live[dst.id] = 0;
      forEachUse(op, use);
      kept.push(isRead ? op : withoutFetch(op));
    }
    return { ...block, ops: kept.reverse() };
  });
  return { ...fn, blocks };
}

/** What adds and tells nobody what was there needs no Linux 5.12. */
function withoutFetch(op: Located<Op>): Located<Op> {
  if (op.op !== 'atomic' || op.fn === 'xchg' || op.fn === 'cmpxchg') return op;
  const { fetch: _, ...silent } = op;
  return silent;
}

/** Registers live at the end of each block; only those that some block reads before it writes get a bit. */
function liveAtExit(fn: IrFunction): (block: number, visit: (reg: number) => void) => void {
  const column = new Int32Array(fn.registers).fill(-1);
  const names: number[] = [];
  const writtenIn = new Int32Array(fn.registers).fill(-1);
  for (const block of fn.blocks) {
    const use = ({ id }: { id: number }) => {
      if (writtenIn[id] !== block.id && column[id] === -1) column[id] = names.push(id) - 1;
    };
    for (const op of block.ops) {
      forEachUse(op, use);
      const dst = definition(op);
      if (dst) writtenIn[dst.id] = block.id;
    }
    forEachUse(block.end!, use);
  }
  const uses = new BitRows(fn.blocks.length, names.length);
  const defs = new BitRows(fn.blocks.length, names.length);
  for (const block of fn.blocks) {
    const use = ({ id }: { id: number }) => {
      if (column[id] !== -1 && !defs.has(block.id, column[id]!)) uses.add(block.id, column[id]!);
    };
    for (const op of block.ops) {
      forEachUse(op, use);
      const dst = definition(op);
      if (dst && column[dst.id] !== -1) defs.add(block.id, column[dst.id]!);
    }
    forEachUse(block.end!, use);
  }
  const next = fn.blocks.map((block) => successors(block.end!));
  const { far } = solve({ next, direction: 'backward' }, names.length, uses, defs);
  return (block, visit) => far.forEach(block, (c) => visit(names[c]!));
}
