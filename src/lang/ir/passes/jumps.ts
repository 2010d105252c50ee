/** Jump threading: edges skip empty blocks and branches whose outcome is known; straight lines become one block. */
import { evaluateComparison, NEGATED } from '../evaluate.ts';
import type { Block, BlockId, IrFunction, Located, Op, Operand, Reg, Terminator } from '../ir.ts';
import { definition, knownAfter, mapSuccessors, successors } from '../operands.ts';
import { orderBlocks } from './order.ts';
import { simplifyTerminator } from './simplify.ts';

/** Blocks come out in the order of `orderBlocks`. */
export function threadJumps(fn: IrFunction): IrFunction {
  return orderBlocks(mergeStraightLines(threadEdges(fn)));
}

/** An edge is followed through at most so many blocks: loops without exit must not hang us. */
const LONGEST = 32;
/** So many moves may be repeated on an edge that skips a branch. */
const MOVES = 3;

type Constants = Map<number, bigint>;
/** What the branch that an edge comes from has found out. */
interface Fact {
  readonly end: Terminator & { readonly op: 'branch' };
  readonly holds: boolean;
}

function threadEdges(fn: IrFunction): IrFunction {
  const blocks = [...fn.blocks];
  let changed = false;
  for (const block of fn.blocks) {
    const end = block.end!;
    const leadsOn = successors(end).some((to) => isPassage(blocks[to]!));
    const followed = simplifyTerminator(leadsOn ? followEdges(blocks, end, constantsAtEnd(block)) : end);
    if (followed === end) continue;
    blocks[block.id] = { ...block, end: { ...followed, ...(end.source && { source: end.source }) } };
    changed = true;
  }
  return changed ? { ...fn, blocks } : fn;
}

function followEdges(blocks: Block[], end: Terminator, constants: Constants): Terminator {
  if (end.op !== 'branch') return mapSuccessors(end, (to) => follow(blocks, to, constants));
  const then = follow(blocks, end.then, onEdge(constants, end, 'then'), { end, holds: true });
  const otherwise = follow(blocks, end.else, onEdge(constants, end, 'else'), { end, holds: false });
  return then === end.then && otherwise === end.else ? end : { ...end, then, else: otherwise };
}

function constantsAtEnd(block: Block): Constants {
  const known: Constants = new Map();
  for (const op of block.ops) learn(known, op);
  return known;
}

function learn(known: Constants, op: Op): void {
  const dst = definition(op);
  if (!dst) return;
  const value = op.op === 'mov' && op.width !== 32 ? constantOf(known, op.src) : undefined;
  if (value === undefined) known.delete(dst.id);
  else known.set(dst.id, value);
}

const constantOf = (known: Constants, operand: Operand): bigint | undefined =>
  operand.kind === 'imm' ? operand.value : known.get(operand.id);

function onEdge(known: Constants, end: Terminator, way: 'then' | 'else'): Constants {
  const more = knownAfter(end, way);
  return more ? new Map(known).set(more.reg.id, more.value) : known;
}

/** Where an edge to `to` may go at once; registers set on the way are set in a block of its own. */
function follow(blocks: Block[], to: BlockId, constants: Constants, edge?: Fact): BlockId {
  if (!isPassage(blocks[to]!)) return to;
  let fact = edge;
  const known: Constants = new Map(constants);
  const moves: Located<Op>[] = [];
  let best = to;
  let movesToBest = 0;
  let at = to;
  for (let step = 0; step < LONGEST; step++) {
    const { ops, end } = blocks[at]!;
    if (moves.length + ops.length > MOVES || !isPassage(blocks[at]!)) break;
    for (const op of ops) learn(known, op);
    if (fact && ops.some((op) => isCompared(fact!, definition(op)))) fact = undefined;
    moves.push(...ops);
    const next = destination(end!, known) ?? (fact && sameDecision(end!, fact));
    if (next === undefined) break;
    at = next;
    if (moves.length > 0 && end!.op === 'jump') continue;
    best = at;
    movesToBest = moves.length;
  }
  if (movesToBest === 0) return best;
  const id = blocks.length;
  blocks.push({ id, ops: moves.slice(0, movesToBest), end: { op: 'jump', to: best } });
  return id;
}

const isPassage = ({ ops }: Block): boolean => ops.length <= MOVES && ops.every((op) => op.op === 'mov');

function destination(end: Terminator, known: Constants): BlockId | undefined {
  if (end.op === 'jump') return end.to;
  if (end.op !== 'branch') return undefined;
  const a = constantOf(known, end.a);
  const b = constantOf(known, end.b);
  if (a === undefined || b === undefined) return undefined;
  return evaluateComparison(end.cmp, a, b, end.width) ? end.then : end.else;
}

const isCompared = ({ end }: Fact, reg: Reg | undefined): boolean =>
  reg !== undefined && [end.a, end.b].some((operand) => operand.kind === 'reg' && operand.id === reg.id);

/** Where a branch goes that asks the same again, or its contrary. */
function sameDecision(end: Terminator, { end: first, holds }: Fact): BlockId | undefined {
  if (end.op !== 'branch' || end.width !== first.width) return undefined;
  if (!isSame(end.a, first.a) || !isSame(end.b, first.b)) return undefined;
  if (end.cmp === first.cmp) return holds ? end.then : end.else;
  if (end.cmp === NEGATED[first.cmp]) return holds ? end.else : end.then;
  return undefined;
}

function isSame(a: Operand, b: Operand): boolean {
  if (a.kind === 'reg') return b.kind === 'reg' && a.id === b.id;
  return b.kind === 'imm' && a.value === b.value;
}

/** A block that only one jump leads to moves to that jump's place. */
function mergeStraightLines(fn: IrFunction): IrFunction {
  const ways = waysTo(fn);
  const merged = new Uint8Array(fn.blocks.length);
  const blocks = [...fn.blocks];
  let changed = false;
  for (const { id } of fn.blocks) {
    if (merged[id] === 1 || ways[id] === 0) continue;
    const block = blocks[id]!;
    let ops: Located<Op>[] | undefined;
    let end = block.end!;
    while (end.op === 'jump' && end.to !== 0 && end.to !== id && ways[end.to] === 1) {
      const next = blocks[end.to]!;
      merged[next.id] = 1;
      ops ??= [...block.ops];
      ops.push(...next.ops);
      end = next.end!;
      // Whoever is still numbered as its successor must not follow it any more.
      blocks[next.id] = { ...next, end: { op: 'return', value: { kind: 'imm', value: 0n } } };
    }
    if (!ops) continue;
    blocks[id] = { id, ops, end };
    changed = true;
  }
  return changed ? { ...fn, blocks } : fn;
}

/** How many edges lead to each block, of those that can be reached; the call is one to the first. */
function waysTo(fn: IrFunction): Int32Array {
  const ways = new Int32Array(fn.blocks.length);
  ways[0] = 1;
  const work: BlockId[] = [0];
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    for (const to of successors(fn.blocks[block]!.end!)) if (ways[to]!++ === 0) work.push(to);
  }
  return ways;
}
