/** Copy coalescing: `t = a op b; x = t`, where t has no other reader, computes into x at once. */
import type { IrFunction, Located, Op } from '../ir.ts';
import { definition, forEachUse, withDefinition } from '../operands.ts';
import { countDefinitions } from './definitions.ts';
import { countUses } from './uses.ts';

export function retargetCopies(fn: IrFunction): IrFunction {
  const definitions = countDefinitions(fn);
  const uses = countUses(fn);
  const isTemporary = (id: number): boolean => definitions[id] === 1 && uses[id] === 1;
  const blocks = fn.blocks.map((block) => ({ ...block, ops: retarget(block.ops, isTemporary) }));
  return { ...fn, blocks };
}

function retarget(ops: readonly Located<Op>[], isTemporary: (id: number) => boolean): Located<Op>[] {
  const out: (Located<Op> | undefined)[] = [];
  /** Position in `out` where a register was last written, and last read or written. */
  const written = new Map<number, number>();
  const touched = new Map<number, number>();
  for (const op of ops) {
    const from = op.op === 'mov' && op.width !== 32 && op.src.kind === 'reg' ? op.src.id : -1;
    const at = from >= 0 && isTemporary(from) ? written.get(from) : undefined;
    if (op.op === 'mov' && at !== undefined && (touched.get(op.dst.id) ?? -1) <= at) {
      out[at] = { ...withDefinition(out[at]!, op.dst), ...(out[at]!.source && { source: out[at]!.source }) };
      written.set(op.dst.id, at);
      touched.set(op.dst.id, at);
      continue;
    }
    const position = out.push(op) - 1;
    forEachUse(op, ({ id }) => touched.set(id, position));
    const dst = definition(op);
    if (!dst) continue;
    written.set(dst.id, position);
    touched.set(dst.id, position);
  }
  return out.filter((op) => op !== undefined);
}
