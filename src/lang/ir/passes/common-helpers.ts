/** Calls of helpers that give the same answer throughout a run are made once, where one of them comes before the others. */
import type { BlockId, IrFunction, Located, Op, Reg } from '../ir.ts';
import { countDefinitions } from './definitions.ts';
import { predecessorsOf } from './order.ts';

const CONSTANT_IN_A_RUN = new Set([
  'get_current_pid_tgid',
  'get_current_uid_gid',
  'get_current_task',
  'get_current_task_btf',
  'get_current_cgroup_id',
  'get_smp_processor_id',
  'get_numa_node_id',
]);

/** Expects blocks in an order where definitions come before their uses. */
export function shareHelpers(fn: IrFunction): IrFunction {
  const before = predecessorsOf(fn);
  const definitions = countDefinitions(fn);
  const atEnd: ReadonlyMap<string, Reg>[] = [];
  const blocks = fn.blocks.map((block) => {
    const known = new Map(knownAtEntry(block.id, before[block.id]!, atEnd));
    const ops = block.ops.map((op): Located<Op> => {
      if (op.op !== 'helper' || !op.dst || !CONSTANT_IN_A_RUN.has(op.name) || op.args.length > 0) return op;
      const earlier = known.get(op.name);
      if (earlier) return { op: 'mov', dst: op.dst, src: earlier, ...(op.source && { source: op.source }) };
      if (definitions[op.dst.id] === 1) known.set(op.name, op.dst);
      return op;
    });
    atEnd.push(known);
    return { ...block, ops };
  });
  return { ...fn, blocks };
}

/** What is known on every way into a block; a way back of a loop knows no less than the way in. */
function knownAtEntry(
  block: BlockId,
  before: readonly BlockId[],
  atEnd: readonly ReadonlyMap<string, Reg>[],
): ReadonlyMap<string, Reg> {
  const [first, ...others] = before.filter((b) => b < block).map((b) => atEnd[b]!);
  if (!first) return new Map();
  return new Map([...first].filter(([name, reg]) => others.every((known) => known.get(name) === reg)));
}
