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
  // Of the task that they are given.
  'task_pt_regs',
]);

/** Expects blocks in an order where definitions come before their uses. */
export function shareHelpers(fn: IrFunction): IrFunction {
  const before = predecessorsOf(fn);
  const definitions = countDefinitions(fn);
  const atEnd: ReadonlyMap<string, Reg>[] = [];
  /** What registers with one definition are copies of. */
  const origins = new Map<number, number>();
  const blocks = fn.blocks.map((block) => {
    let known = knownAtEntry(block.id, before[block.id]!, atEnd);
    const ops = block.ops.map((op): Located<Op> => {
      if (op.op !== 'helper' || !op.dst || !CONSTANT_IN_A_RUN.has(op.name)) return op;
      const isDefinedOnce = definitions[op.dst.id] === 1;
      const args = op.args.map((arg) => (arg.kind === 'reg' && definitions[arg.id] === 1 ? arg.id : undefined));
      if (args.includes(undefined)) return op;
      const call = [op.name, ...args.map((arg) => origins.get(arg!) ?? arg)].join(' ');
      const earlier = known.get(call);
      if (!earlier) {
        if (isDefinedOnce) known = new Map(known).set(call, op.dst);
        return op;
      }
      if (isDefinedOnce) origins.set(op.dst.id, earlier.id);
      return { op: 'mov', dst: op.dst, src: earlier, ...(op.source && { source: op.source }) };
    });
    atEnd.push(known);
    return { ...block, ops };
  });
  return { ...fn, blocks };
}

const NOTHING: ReadonlyMap<string, Reg> = new Map();

/** What is known on every way into a block; a way back of a loop knows no less than the way in. */
function knownAtEntry(
  block: BlockId,
  before: readonly BlockId[],
  atEnd: readonly ReadonlyMap<string, Reg>[],
): ReadonlyMap<string, Reg> {
  const [first, ...others] = before.filter((b) => b < block).map((b) => atEnd[b]!);
  if (!first) return NOTHING;
  if (first.size === 0 || others.every((known) => known === first)) return first;
  return new Map([...first].filter(([name, reg]) => others.every((known) => known.get(name) === reg)));
}
