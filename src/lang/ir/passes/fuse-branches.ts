/** Branches on masked or zero-extended values test the value itself: `x & 4` is one instruction with its jump. */
import { fitsInt32 } from '../evaluate.ts';
import type { Block, IrFunction, Located, Op, Operand, Reg, Terminator } from '../ir.ts';
import { definition } from '../operands.ts';
import { countDefinitions } from './definitions.ts';
import { countUses } from './uses.ts';

type Branch = Located<Terminator & { op: 'branch' }>;

export function fuseBranches(fn: IrFunction): IrFunction {
  const definitions = countDefinitions(fn);
  const uses = countUses(fn);
  // With another reader the branch would no longer tell the verifier what that one may rely on.
  const isOnlyForBranch = ({ id }: Reg): boolean => definitions[id] === 1 && uses[id] === 1;
  const blocks = fn.blocks.map((block) => {
    const end = block.end!;
    if (end.op !== 'branch' || end.a.kind !== 'reg' || !isOnlyForBranch(end.a)) return block;
    const fused = fuse(end, end.a, block);
    return fused ? { ...block, end: fused } : block;
  });
  return { ...fn, blocks };
}

function fuse(end: Branch, tested: Reg, block: Block): Branch | undefined {
  const at = block.ops.findLastIndex((op) => definition(op)?.id === tested.id);
  const op = block.ops[at];
  if (!op || !isZeroTest(end)) return undefined;
  const isUnchanged = (reg: Reg): boolean => !block.ops.slice(at + 1).some((later) => definition(later)?.id === reg.id);
  const mask = maskOf(op);
  if (mask && isUnchanged(mask.of) && fitsInt32(mask.bits)) {
    const [yes, no] = end.cmp === 'ne' ? [end.then, end.else] : [end.else, end.then];
    return { ...end, cmp: 'set', a: mask.of, b: { kind: 'imm', value: mask.bits }, then: yes, else: no };
  }
  if (op.op === 'extend' && op.size === 4 && op.src.kind === 'reg' && isUnchanged(op.src))
    return { ...end, a: op.src, width: 32 };
  return undefined;
}

const isZeroTest = ({ cmp, b, width }: Branch): boolean =>
  (cmp === 'eq' || cmp === 'ne') && width === 64 && b.kind === 'imm' && b.value === 0n;

/** value = of & bits. */
function maskOf(op: Op): { of: Reg; bits: bigint } | undefined {
  if (op.op === 'extend' && op.size < 4 && op.src.kind === 'reg')
    return { of: op.src, bits: (1n << BigInt(op.size * 8)) - 1n };
  if (op.op !== 'binary' || op.fn !== 'and' || op.width !== 64) return undefined;
  const [of, bits]: [Operand, Operand] = op.a.kind === 'reg' ? [op.a, op.b] : [op.b, op.a];
  return of.kind === 'reg' && bits.kind === 'imm' ? { of, bits: bits.value } : undefined;
}
