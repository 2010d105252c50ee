/** One rule for each kind of statement. */
import { imm } from '../ir/index.ts';
import type { Assign, Call, Expression, Let, MapAccess, MapReference, Return, Statement } from '../syntax/ast.ts';
import { sizeOfType } from '../types/layout.ts';
import { isScalar, type Type } from '../types/type.ts';
import type { Scratch } from '../types/typing.ts';
import { convert } from './convert.ts';
import { compoundAssign } from './increment.ts';
import { iterateMap } from './iterate.ts';
import { lowerRange, lowerUnroll, lowerWhile } from './loops.ts';
import type { Lowering } from './lowering.ts';
import { openEntry, withEntry, writeMap } from './maps.ts';
import { store, toScalar } from './memory.ts';
import { placeAddress } from './place.ts';

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
  const storage = l.variable(symbol);
  if (storage.in === 'memory' && 'size' in storage.at.base) l.b.fresh(storage.at.base);
  if (node.value) return assignSymbol(symbol, node.value, l);
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

function lowerReturn(node: Return, l: Lowering): void {
  if (!node.value) return l.leave(imm(0));
  const value = toScalar(l.value(node.value), l);
  const returns =
    l.unit.kind === 'function' ? l.script.typing.functions.get(l.unit.subprogram.name)?.returns : undefined;
  l.leave(returns ? convert(value, returns, l).operand : value.operand);
}
