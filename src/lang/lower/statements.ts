/** One rule for each kind of statement. */
import { imm } from '../ir/index.ts';
import type {
  Assign,
  Call,
  Expression,
  For,
  Let,
  MapAccess,
  MapReference,
  Return,
  Statement,
  Unroll,
  While,
} from '../syntax/ast.ts';
import { constantOf } from '../types/constant.ts';
import { sizeOfType } from '../types/layout.ts';
import { isScalar, type Type } from '../types/type.ts';
import type { Scratch } from '../types/typing.ts';
import { lowerCondition } from './binary.ts';
import { convert } from './convert.ts';
import { typingOf } from './expressions.ts';
import { compoundAssign } from './increment.ts';
import { iterateMap } from './iterate.ts';
import type { Lowering } from './lowering.ts';
import { openEntry, withEntry, writeMap } from './maps.ts';
import { store, toScalar } from './memory.ts';
import { placeAddress } from './place.ts';
import { scalar } from './value.ts';

type Rule<K extends Statement['kind']> = (node: Extract<Statement, { kind: K }>, l: Lowering) => void;

export function lowerStatement(node: Statement, l: Lowering): void {
  (RULES[node.kind] as (node: Statement, l: Lowering) => void)(node, l);
}

const RULES: { readonly [K in Statement['kind']]: Rule<K> } = {
  'expression-statement': (node, l) => void l.value(node.expression),
  let: lowerLet,
  assign: lowerAssign,
  discard: (node, l) => void l.value(node.value),
  while: lowerWhile,
  unroll: lowerUnroll,
  for: (node, l) => (node.over.kind === 'map' ? iterateMap(node, node.over, l) : lowerRange(node, l)),
  break: (_, l) => l.b.jump(l.loops.at(-1)!.out),
  continue: (_, l) => l.b.jump(l.loops.at(-1)!.next),
  return: lowerReturn,
  import: () => {},
};

function lowerLet(node: Let, l: Lowering): void {
  const symbol = l.symbolOf(node.variable);
  if (!symbol.type) return;
  if (node.value) return assignSymbol(symbol, node.value, l);
  const storage = l.variable(symbol);
  if (storage.in === 'register') l.b.mov(imm(0), storage.reg);
  else l.b.zero(storage.at, sizeOfType(symbol.type));
}

function assignSymbol(symbol: Scratch, value: Assign['value'], l: Lowering): void {
  const storage = l.variable(symbol);
  const type = symbol.type!;
  if (storage.in === 'register') l.b.mov(convert(toScalar(l.value(value), l), type, l).operand, storage.reg);
  else if (isScalar(type)) store(toScalar(l.value(value), l), storage.at, type, l);
  else l.into(value, storage.at, type);
}

function lowerAssign(node: Assign, l: Lowering): void {
  const { target, value } = node;
  if (node.operator) return compoundAssign(node, l);
  switch (target.kind) {
    case 'variable':
      return assignSymbol(l.symbolOf(target), value, l);
    case 'map':
    case 'map-access':
      if (aggregateCall(value, l)) return aggregate(target, value, l);
      return writeMap(target, (to, type) => l.into(value, to, type), l);
    default:
      return assignField(target, value, l);
  }
}

function assignField(
  target: Exclude<Assign['target'], { kind: 'variable' | 'map' | 'map-access' }>,
  value: Assign['value'],
  l: Lowering,
): void {
  const type = l.typeOf(target);
  const missing = l.b.block();
  if (isScalar(type)) {
    const result = convert(toScalar(l.value(value), l), type, l);
    store(result, placeAddress(target, true, missing, l).at, type, l);
  } else {
    l.into(value, placeAddress(target, true, missing, l).at, type);
  }
  l.b.jump(missing);
  l.b.enter(missing);
}

/** The aggregate's call that a value ends in, if it does. */
function aggregateCall(value: Expression, l: Lowering): Call | undefined {
  if (value.kind === 'block') return value.value && aggregateCall(value.value, l);
  if (value.kind !== 'call' || l.script.typing.functions.has(value.name)) return undefined;
  return l.script.library.aggregate(value.name) ? value : undefined;
}

function runStatements(value: Expression, l: Lowering): void {
  if (value.kind !== 'block') return;
  for (const statement of value.statements) l.statement(statement);
  if (value.value) runStatements(value.value, l);
}

/** `@m[k] = count()`: what is counted is computed before the value is looked up. */
function aggregate(target: MapReference | MapAccess, value: Expression, l: Lowering): void {
  const call = aggregateCall(value, l)!;
  runStatements(value, l);
  const row = l.script.library.aggregate(call.name)!;
  const type: Type = l.plan(target).script.value;
  const values = call.arguments.slice(0, row.operands).map((one) => l.b.mov(toScalar(l.value(one), l).operand));
  withEntry(openEntry(target, l), (at) => row.update(at, values, type, call, l), target.span, l);
}

function lowerWhile(node: While, l: Lowering): void {
  const { b } = l;
  const head = b.block();
  const guarded = b.block();
  const body = b.block();
  const out = b.block();
  b.jump(head);
  b.enter(head);
  lowerCondition(node.condition, guarded, out, l);
  b.enter(guarded);
  b.guard(body, out);
  b.enter(body);
  inLoop(head, out, node.body, l);
  b.jump(head);
  b.enter(out);
}

function inLoop(next: number, out: number, body: While['body'], l: Lowering): void {
  l.loops.push({ next, out });
  l.value(body);
  l.loops.pop();
}

function lowerUnroll(node: Unroll, l: Lowering): void {
  const count = Number(constantOf(node.count, typingOf(l)) ?? 0n);
  const out = l.b.block();
  for (let i = 0; i < count; i++) {
    const next = l.b.block();
    inLoop(next, out, node.body, l);
    l.b.jump(next);
    l.b.enter(next);
  }
  l.b.jump(out);
  l.b.enter(out);
}

/** `for ($i : from..to)`: a counter of its own, so that the body can change its copy. */
function lowerRange(node: For, l: Lowering): void {
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
  b.jump(head);
  b.enter(head);
  b.branch(type.kind === 'int' && !type.signed ? 'ult' : 'slt', counter, end, guarded, out);
  b.enter(guarded);
  b.guard(body, out);
  b.enter(body);
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

function lowerReturn(node: Return, l: Lowering): void {
  if (!node.value) return l.leave(imm(0));
  const value = toScalar(l.value(node.value), l);
  const returns =
    l.unit.kind === 'function' ? l.script.typing.functions.get(l.unit.subprogram.name)?.returns : undefined;
  l.leave(returns ? convert(value, returns, l).operand : value.operand);
}
