/** Loops: while, unroll, and for over a range. */
import { imm, type Reg } from '../ir/index.ts';
import type { For, Unroll, While } from '../syntax/ast.ts';
import { walk } from '../syntax/index.ts';
import { lowerCondition } from './binary.ts';
import { convert } from './convert.ts';
import type { Lowering } from './lowering.ts';
import { store, toScalar } from './memory.ts';
import { scalar } from './value.ts';

/**
 * The verifier is not told what these start a loop or a round with: each round would be a state of its own, and those of
 * loops in loops too many. Loops that count their rounds it walks to their end: there it had better know.
 */
function hide(numbers: readonly Reg[], l: Lowering): void {
  const { mayGoto = true, bpfLoop = false } = l.script.typing.host.features ?? {};
  if (numbers.length === 0 || !(mayGoto || bpfLoop)) return;
  const zero = l.hiddenZero();
  // Multiplied, it is another number to the verifier: it would remember which are the same, or the same plus a constant.
  for (const [i, number] of numbers.entries()) {
    const another = i === 0 ? zero : l.b.binary('mul', zero, imm(2 * i + 1));
    l.b.binary('xor', number, another, 64, number);
  }
}

export function lowerWhile(node: While, l: Lowering): void {
  const { b } = l;
  const head = b.block();
  const guarded = b.block();
  const body = b.block();
  const out = b.block();
  const numbers = numbersChangedIn(node, l);
  hide(numbers, l);
  b.jump(head);
  b.enter(head);
  lowerCondition(node.condition, guarded, out, l);
  b.enter(guarded);
  b.guard(body, out);
  b.enter(body);
  hide(numbers, l);
  inLoop(head, out, node.body, l);
  b.jump(head);
  b.enter(out);
}

/** Variables from before the loop that it changes: those that are numbers, in registers. */
function numbersChangedIn(node: While | For, l: Lowering): Reg[] {
  const changed = new Set<Reg>();
  walk(node, (child) => {
    if (child.kind !== 'assign' && child.kind !== 'increment') return;
    const storage = l.storage.get(l.symbolOf(child.target));
    if (storage?.in === 'register' && l.symbolOf(child.target).type?.kind === 'int') changed.add(storage.reg);
  });
  return [...changed];
}

function inLoop(next: number, out: number, body: While['body'], l: Lowering): void {
  l.loops.push({ next, out });
  l.value(body);
  l.loops.pop();
}

export function lowerUnroll(node: Unroll, l: Lowering): void {
  const count = Number(l.constant(node.count) ?? 0n);
  const out = l.b.block();
  for (let i = 0; i < count; i++) {
    const next = l.b.block();
    const before = new Set(l.storage.keys());
    inLoop(next, out, node.body, l);
    l.b.jump(next);
    l.b.enter(next);
    // Each copy has variables of its own.
    for (const symbol of l.storage.keys()) if (!before.has(symbol)) l.storage.delete(symbol);
  }
  l.b.jump(out);
  l.b.enter(out);
}

/** `for ($i : from..to)`: a counter of its own, so that the body can change its copy. */
export function lowerRange(node: For, l: Lowering): void {
  if (node.over.kind !== 'range') return;
  const { b } = l;
  const symbol = l.symbolOf(node.variable);
  const type = symbol.type!;
  const counter = b.mov(convert(toScalar(l.value(node.over.from), l), type, l).operand);
  const end = b.mov(convert(toScalar(l.value(node.over.to), l), type, l).operand);
  const head = b.block();
  const guarded = b.block();
  const body = b.block();
  const next = b.block();
  const out = b.block();
  const walked = isWalked(node.over, l);
  const numbers = walked ? [] : [counter, ...numbersChangedIn(node, l)];
  hide(numbers, l);
  b.jump(head);
  b.enter(head);
  b.branch(type.kind === 'int' && !type.signed ? 'ult' : 'slt', counter, end, guarded, out);
  b.enter(guarded);
  if (walked) b.jump(body);
  else b.guard(body, out);
  b.enter(body);
  hide(numbers, l);
  const storage = l.variable(symbol);
  if (storage.in === 'register') b.mov(counter, storage.reg);
  else store(scalar(type, counter), storage.at, type, l);
  inLoop(next, out, node.body, l);
  b.jump(next);
  b.enter(next);
  b.add(counter, imm(1), counter);
  b.jump(head);
  b.enter(out);
}

/** So few rounds the verifier walks through, where a guard would count or make a function of the loop. */
const FEW_ROUNDS = 64;

function isWalked({ from, to }: Extract<For['over'], { kind: 'range' }>, l: Lowering): boolean {
  if (l.script.typing.host.features?.mayGoto !== false) return false;
  const [first, last] = [from, to].map((end) => l.constant(end));
  return typeof first === 'bigint' && typeof last === 'bigint' && last - first <= FEW_ROUNDS;
}
