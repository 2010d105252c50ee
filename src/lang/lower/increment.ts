/** ++, --, and compound assignment in place: one look-up, atomic where CPUs share the value. */
import { type Address, imm, type Operand } from '../ir/index.ts';
import type { Assign, AssignTarget, IncrementDecrement } from '../syntax/ast.ts';
import { sizeOfType } from '../types/layout.ts';
import type { Type } from '../types/type.ts';
import { arithmetic } from './binary.ts';
import { convert } from './convert.ts';
import type { Lowering } from './lowering.ts';
import { markSet } from './maps.ts';
import { load, store, toScalar } from './memory.ts';
import { type PlaceAddress, placeAddress } from './place.ts';
import { inMemory, NO_VALUE, type ScalarValue, scalar, type Value } from './value.ts';

export function increment(node: IncrementDecrement, l: Lowering): Value {
  const operator = node.operator === '++' ? '+' : '-';
  const one = scalar({ kind: 'int', size: 1, signed: true }, imm(1));
  const result = update(node.target, operator, () => one, l.typeOf(node), l);
  if (!result) return NO_VALUE;
  return scalar(result.after.type, node.prefix ? result.after.operand : result.before);
}

/** `target op= value` */
export function compoundAssign(node: Assign, l: Lowering): void {
  const operator = node.operator!;
  const type = operator === '-' ? ({ kind: 'int', size: 8, signed: true } as const) : undefined;
  update(node.target, operator, () => toScalar(l.value(node.value), l), type, l);
}

interface Updated {
  readonly before: Operand;
  readonly after: ScalarValue;
}

function update(
  target: AssignTarget,
  operator: NonNullable<Assign['operator']>,
  operand: () => ScalarValue,
  type: Type | undefined,
  l: Lowering,
): Updated | undefined {
  if (target.kind === 'variable') {
    const symbol = l.symbolOf(target);
    const storage = l.variable(symbol);
    const before = toScalar(l.value(target), l);
    const kept = l.b.mov(before.operand);
    const wide = symbol.type!.kind === 'pointer' ? symbol.type! : (type ?? wider(symbol.type!));
    const after = convert(arithmetic(operator, { ...before, operand: kept }, operand(), wide, l), symbol.type!, l);
    if (storage.in === 'register') l.b.mov(after.operand, storage.reg);
    else store(after, storage.at, symbol.type!, l);
    return { before: kept, after };
  }
  // The operand first: it may look into maps itself.
  const value = operand();
  return updatePlace(target, operator, value, type, l);
}

const wider = (type: Type): Type => (type.kind === 'int' ? { kind: 'int', size: 8, signed: type.signed } : type);

function updatePlace(
  target: AssignTarget,
  operator: NonNullable<Assign['operator']>,
  value: ScalarValue,
  type: Type | undefined,
  l: Lowering,
): Updated {
  const { b } = l;
  const before = b.mov(imm(0));
  const result = b.mov(imm(0));
  const missing = b.block();
  const place = placeAddress(target, true, missing, l);
  const after = change(place, operator, value, type, before, l);
  b.mov(after.operand, result);
  if (target.kind === 'map') markSet(l.plan(target), place.at, l);
  b.jump(missing);
  b.enter(missing);
  return { before, after: { ...after, operand: result } };
}

function change(
  place: PlaceAddress,
  operator: NonNullable<Assign['operator']>,
  value: ScalarValue,
  type: Type | undefined,
  before: ReturnType<Lowering['b']['reg']>,
  l: Lowering,
): ScalarValue {
  const size = sizeOfType(place.type);
  const wide = place.type.kind === 'pointer' ? place.type : (type ?? wider(place.type));
  if (
    place.shared &&
    (operator === '+' || operator === '-') &&
    (size === 8 || size === 4) &&
    place.type.kind === 'int'
  ) {
    return addAtomically(place.at, size, operator, value, place.type, before, l);
  }
  l.b.mov(load(inMemory(place.type, place.at), l).operand, before);
  const after = convert(arithmetic(operator, scalar(place.type, before), value, wide, l), place.type, l);
  store(after, place.at, place.type, l);
  return after;
}

function addAtomically(
  at: Address,
  size: 4 | 8,
  operator: '+' | '-',
  value: ScalarValue,
  type: Type,
  before: ReturnType<Lowering['b']['reg']>,
  l: Lowering,
): ScalarValue {
  const amount = operator === '-' ? l.b.neg(value.operand) : l.b.mov(value.operand);
  l.b.atomic('add', at, size, amount, { fetch: before });
  const after = l.b.add(before, amount);
  return convert(scalar(wider(type), after), type, l);
}
