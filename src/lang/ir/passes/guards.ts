/** For kernels without may_goto (before 6.9): loop guards count, and stop all loops of a function together. */
import type { IrFunction, Located, Op, Terminator } from '../ir.ts';

export function countGuards(fn: IrFunction, limit: number): IrFunction {
  if (!fn.blocks.some((block) => block.end!.op === 'guard')) return fn;
  const counter = { kind: 'reg', id: fn.registers } as const;
  const blocks = fn.blocks.map((block) => {
    const start: Op[] = block.id === 0 ? [{ op: 'mov', dst: counter, src: imm(0) }] : [];
    const end = block.end!;
    if (end.op !== 'guard') return { ...block, ops: [...start, ...block.ops] };
    const source = end.source && { source: end.source };
    const count: Located<Op> = { op: 'binary', fn: 'add', dst: counter, a: counter, b: imm(1), width: 64, ...source };
    const check: Located<Terminator> = {
      op: 'branch',
      cmp: 'ule',
      a: counter,
      b: imm(limit),
      width: 64,
      then: end.then,
      else: end.else,
      ...source,
    };
    return { ...block, ops: [...start, ...block.ops, count], end: check };
  });
  return { ...fn, blocks, registers: fn.registers + 1 };
}

const imm = (value: number) => ({ kind: 'imm', value: BigInt(value) }) as const;
