/** One rule for each kind of expression: the code that computes it. */

import { type Address, address, imm, type Operand } from '../ir/index.ts';
import type {
  AddressOf,
  Binary,
  Call,
  Cast,
  Expression,
  FieldAccess,
  If,
  IndexAccess,
  RecordExpression,
  Tuple,
  Typeinfo,
  Unary,
} from '../syntax/ast.ts';
import { infoOf } from '../types/constant.ts';
import { sizeOfType } from '../types/layout.ts';
import { integral } from '../types/operators.ts';
import { isArgs, pointerAt } from '../types/places.ts';
import { INT8, INT64, isScalar, type PointerType, type StructType, type Type, UINT8, UINT64 } from '../types/type.ts';
import { findField } from '../types/type-space.ts';
import { contextField, namedArgument } from './arguments.ts';
import { lowerBinary, lowerCondition } from './binary.ts';
import { convert } from './convert.ts';
import { increment } from './increment.ts';
import type { Lowering } from './lowering.ts';
import { orZeros, readMap } from './maps.ts';
import { fieldsOf, load, pointerOf, store, toMemory, toScalar } from './memory.ts';
import { placeAddress } from './place.ts';
import { reportMistake } from './runtime-errors.ts';
import { inMemory, type MemoryValue, NO_VALUE, offsetBy, scalar, type Value } from './value.ts';

type Rule<K extends Expression['kind']> = (node: Extract<Expression, { kind: K }>, l: Lowering) => Value;

export function lowerValue(node: Expression, l: Lowering): Value {
  return (RULES[node.kind] as (node: Expression, l: Lowering) => Value)(node, l);
}

const RULES: { readonly [K in Expression['kind']]: Rule<K> } = {
  integer: (node, l) => scalar(l.typeOf(node), imm(BigInt.asIntN(64, node.value))),
  boolean: (node, l) => scalar(l.typeOf(node), imm(node.value ? 1 : 0)),
  string: (node) => literal(node.value),
  identifier: (node, l) => {
    const builtin = l.script.library.builtin(node.name);
    return builtin ? builtin.lower(l, node) : lowerConstant(node, l);
  },
  builtin: (node, l) => l.script.library.builtin(node.name)!.lower(l, node),
  'positional-parameter': () => scalar(INT64, imm(0)),
  'positional-count': () => scalar(UINT64, imm(0)),
  variable: (node, l) => {
    const symbol = l.symbolOf(node);
    const storage = l.variable(symbol);
    const type = symbol.type!;
    if (storage.in === 'register') return scalar(type, storage.reg);
    return isScalar(type) ? load(inMemory(type, storage.at), l) : inMemory(type, storage.at);
  },
  map: (node, l) => readMap(node, l),
  'map-access': (node, l) => readMap(node, l),
  'address-of': lowerAddressOf,
  call: lowerCall,
  sizeof: lowerConstant,
  offsetof: lowerConstant,
  typeinfo: lowerTypeinfo,
  comptime: (node, l) => (node.expression.kind === 'typeinfo' ? l.value(node.expression) : lowerConstant(node, l)),
  field: lowerField,
  'tuple-access': (node, l) => elementAt(l.value(node.object), node.index, l),
  index: lowerIndex,
  cast: lowerCast,
  unary: lowerUnary,
  increment,
  binary: lowerBinaryNode,
  if: lowerIf,
  block: (node, l) => {
    for (const statement of node.statements) l.statement(statement);
    return node.value ? l.value(node.value) : NO_VALUE;
  },
  tuple: aggregate,
  record: aggregate,
};

const literal = (text: string): Value => ({
  kind: 'literal',
  type: { kind: 'string', size: text.length + 1 },
  bytes: Buffer.from(text, 'latin1'),
});

function lowerConstant(node: Expression, l: Lowering): Value {
  const value = l.constant(node);
  if (typeof value === 'string') return literal(value);
  return scalar(l.typeOf(node), imm(BigInt.asIntN(64, BigInt(value ?? 0n))));
}

function lowerTypeinfo(node: Typeinfo, l: Lowering): Value {
  const type = l.typeOf(node);
  const to = l.slot('typeinfo', type);
  for (const { name, offset, type: of } of fieldsOf(type)) {
    const known = infoOf(node, name, l.typing);
    const value = typeof known === 'string' ? literal(known) : scalar(of, imm(BigInt(known ?? 0n)));
    store(value, offsetBy(to, offset), of, l);
  }
  return inMemory(type, to);
}

function lowerCall(node: Call, l: Lowering): Value {
  const row = l.script.library.function(node.name);
  if (row) return row.lower(node, l);
  const fn = l.script.typing.functions.get(node.name);
  if (!fn) return l.script.library.builtin(node.name)!.lower(l, node);
  const values = node.arguments.map((value, i) => convert(toScalar(l.value(value), l), fn.parameters[i]!, l).operand);
  const result = l.b.call(node.name, values);
  return fn.returns && fn.returns.kind !== 'void' ? scalar(fn.returns, result) : NO_VALUE;
}

/** `&$v`, `&@m[key]`, `&$p.field`: null where there is no such entry. */
function lowerAddressOf(node: AddressOf, l: Lowering): Value {
  const type = l.typeOf(node);
  const of = node.of as Expression;
  if (of.kind === 'variable') {
    const storage = l.variable(l.symbolOf(of));
    if (storage.in === 'memory') return scalar(type, l.b.addressOf(storage.at));
  }
  const result = l.b.mov(imm(0));
  const missing = l.b.block();
  const place = placeAddress(of as Parameters<typeof placeAddress>[0], false, missing, l);
  l.b.mov(pointerOf(place.at, l), result);
  l.b.jump(missing);
  l.b.enter(missing);
  return scalar(type, result);
}

/** What a pointer points to, as a value that is read when it is used. */
export function pointee(pointer: Operand, type: PointerType, l: Lowering): MemoryValue {
  const reg = pointer.kind === 'reg' ? pointer : l.b.mov(pointer);
  if (type.space === 'map') return inMemory(type.to, address(orZeros(reg, sizeOfType(type.to), l)));
  return { kind: 'memory', type: type.to, at: address(reg), space: type.space, ...(type.typed && { typed: true }) };
}

/** A scalar is loaded at once: what it is read from may change. */
export function settle(value: MemoryValue, l: Lowering): Value {
  if (!isScalar(value.type)) return value;
  const { type } = value;
  const read = load(value, l);
  if (type.kind !== 'pointer') return read;
  return scalar(pointerAt(type, { space: value.space, typed: value.typed === true }), read.operand);
}

function lowerField(node: FieldAccess, l: Lowering): Value {
  return l.at(node.object.span, () => readField(node, l));
}

function readField(node: FieldAccess, l: Lowering): Value {
  if (isArgs(node.object)) return namedArgument(node.name, l);
  const object = l.value(node.object);
  const fromContext = contextField(node, object, l);
  if (fromContext) return fromContext;
  let at = through(object, l);
  while (at.type.kind === 'pointer') at = pointee(load(at, l).operand, at.type, l);
  if (at.type.kind === 'record') {
    const field = fieldsOf(at.type).find(({ name }) => name === node.name)!;
    return settle({ ...at, type: field.type, at: offsetBy(at.at, field.offset) }, l);
  }
  const field = findField(at.type as StructType, node.name)!;
  const value: MemoryValue = { ...at, type: field.type, at: offsetBy(at.at, field.offset) };
  return settle(field.bits ? { ...value, bits: field.bits } : value, l);
}

function through(object: Value, l: Lowering): MemoryValue {
  if (object.kind === 'scalar' && object.type.kind === 'pointer') return pointee(object.operand, object.type, l);
  return object.kind === 'memory' ? object : toMemory(object, l);
}

function elementAt(tuple: Value, index: number, l: Lowering): Value {
  const at = through(tuple, l);
  const field = fieldsOf(at.type)[index]!;
  return settle({ ...at, type: field.type, at: offsetBy(at.at, field.offset) }, l);
}

function lowerIndex(node: IndexAccess, l: Lowering): Value {
  const object = l.value(node.object);
  const index = l.constant(node.index);
  if (object.kind !== 'scalar' && object.kind !== 'none' && object.type.kind === 'tuple') {
    return elementAt(object, Number(index), l);
  }
  const isPointer = object.kind === 'scalar' && object.type.kind === 'pointer';
  const from = through(object, l);
  const type = isPointer ? from.type : elementType(from.type);
  const size = sizeOfType(type);
  if (typeof index === 'bigint') return settle({ ...from, type, at: offsetBy(from.at, Number(index) * size) }, l);
  const length = isPointer ? undefined : Math.floor(sizeOfType(from.type) / size);
  const operand = toScalar(l.value(node.index), l).operand;
  if (length !== undefined && !isMasked(node.index, length, l)) checkIndex(operand, length, l);
  return indexed(from, type, operand, length, l);
}

/** `i & 15` for 16 elements or more: never too large, whatever i is. */
function isMasked(index: Expression, length: number, l: Lowering): boolean {
  if (index.kind === 'cast') return isMasked(index.value, length, l);
  if (index.kind !== 'binary' || index.operator !== '&') return false;
  const masks = [index.left, index.right].map((side) => l.constant(side));
  return masks.some((mask) => typeof mask === 'bigint' && mask >= 0n && mask < BigInt(length));
}

const elementType = (type: Type): Type =>
  type.kind === 'array' ? type.of : type.kind === 'string' ? INT8 : type.kind === 'buffer' ? UINT8 : type;

/** A variable index; foreign memory reads as the helper says. */
function indexed(from: MemoryValue, type: Type, index: Operand, length: number | undefined, l: Lowering): Value {
  const { b } = l;
  const size = sizeOfType(type);
  if (from.space !== 'map') {
    const base = pointerOf(from.at, l);
    const at = b.add(base, b.binary('mul', index, imm(size)));
    // The verifier follows only constant offsets into its typed pointers.
    return settle({ kind: 'memory', type, at: address(at), space: from.space }, l);
  }
  const result = isScalar(type) ? b.mov(imm(0)) : undefined;
  const slot = result ? undefined : l.slot('element', type);
  if (slot) b.zero(slot, size);
  const checked = b.mov(index);
  b.when('ult', checked, imm(length ?? 1), () => {
    const at = address(b.add(pointerOf(from.at, l), b.binary('mul', checked, imm(size))));
    if (result) b.mov(load(inMemory(type, at), l).operand, result);
    else b.copy(slot!, at, size);
  });
  return result ? scalar(type, result) : inMemory(type, slot!);
}

function checkIndex(index: Operand, length: number, l: Lowering): void {
  const message = 'Array access out of bounds. This can lead to unexpected results.';
  l.b.when('uge', index, imm(length), () => reportMistake(message, l.here, l));
}

function lowerCast(node: Cast, l: Lowering): Value {
  const to = l.typeOf(node);
  const value = l.value(node.value);
  if (value.kind === 'scalar' && isScalar(to)) return castScalar(value.operand, value.type, to, l);
  if (to.kind === 'bool' && value.kind !== 'scalar') return scalar(to, truth(value, l));
  if (to.kind === 'pointer' && value.kind === 'memory') return scalar(to, pointerOf(value.at, l));
  if (isScalar(to)) return scalar(to, load(inMemory(to, toMemory(value, l).at), l).operand);
  if (to.kind === 'string' && value.kind === 'scalar') return readAs(to, value.operand, value.type, l);
  if (to.kind === 'array' || to.kind === 'string') {
    const slot = l.slot('cast', to);
    store(value, slot, to, l);
    return inMemory(to, slot);
  }
  return value;
}

function castScalar(operand: Operand, from: Type, to: Type, l: Lowering): Value {
  const target = integral(to);
  if (to.kind === 'bool' || !target)
    return to.kind === 'bool' ? convert(scalar(from, operand), to, l) : scalar(to, operand);
  return convert(scalar(integral(from) ? from : UINT64, operand), to, l);
}

/** `(string[64])address`: the bytes there, as text. */
function readAs(to: Type, pointer: Operand, from: Type, l: Lowering): Value {
  const space = from.kind === 'pointer' ? from.space : 'unknown';
  const value: MemoryValue = {
    kind: 'memory',
    type: to,
    at: address(pointer.kind === 'reg' ? pointer : l.b.mov(pointer)),
    space,
  };
  return toMemory(value, l);
}

/** A text is true when it is not empty. */
function truth(value: Value, l: Lowering): Operand {
  if (value.kind === 'literal') return imm(value.bytes.length > 0 ? 1 : 0);
  return l.b.compare('ne', l.b.load(toMemory(value, l).at, 1), imm(0));
}

function lowerUnary(node: Unary, l: Lowering): Value {
  const type = l.typeOf(node);
  if (node.operator === '*') return dereference(node, type, l);
  const operand = toScalar(l.value(node.operand), l);
  const value = operand.operand;
  if (node.operator === '!')
    return scalar(type, value.kind === 'imm' ? imm(value.value === 0n ? 1 : 0) : l.b.compare('eq', value, imm(0)));
  if (value.kind === 'imm')
    return scalar(type, imm(BigInt.asIntN(64, node.operator === '-' ? -value.value : ~value.value)));
  return scalar(type, node.operator === '-' ? l.b.neg(value) : l.b.binary('xor', value, imm(-1)));
}

function dereference(node: Unary, type: Type, l: Lowering): Value {
  const object = toScalar(l.value(node.operand), l);
  if (object.type.kind === 'pointer') {
    // `*args` is args.
    if (object.type.space === 'context') return object;
    return settle(pointee(object.operand, object.type, l), l);
  }
  const space = object.type.kind === 'int' && object.type.space ? object.type.space : 'unknown';
  const reg = object.operand.kind === 'reg' ? object.operand : l.b.mov(object.operand);
  return settle({ kind: 'memory', type, at: address(reg), space }, l);
}

function lowerBinaryNode(node: Binary, l: Lowering): Value {
  return lowerBinary(node, l.typeOf(node), l);
}

/** Branches of a condition; as an expression both write the one result. */
function lowerIf(node: If, l: Lowering): Value {
  if (node.condition.kind === 'comptime') {
    const taken = l.table.taken.get(node);
    return taken ? l.value(taken) : NO_VALUE;
  }
  const type = l.typeOf(node);
  if (type.kind === 'none' || type.kind === 'void') {
    branches(node, (branch) => void l.value(branch), l);
    return NO_VALUE;
  }
  if (isScalar(type)) {
    const result = l.b.reg();
    branches(node, (branch) => l.b.mov(convert(toScalar(l.value(branch), l), type, l).operand, result), l);
    return scalar(type, result);
  }
  const slot = l.slot('if', type);
  branches(node, (branch) => l.into(branch, slot, type), l);
  return inMemory(type, slot);
}

export function branches(node: If, lower: (branch: Expression) => void, l: Lowering): void {
  const { b } = l;
  const then = b.block();
  const after = b.block();
  const otherwise = node.else ? b.block() : after;
  lowerCondition(node.condition, then, otherwise, l);
  b.enter(then);
  lower(node.then);
  b.jump(after);
  if (node.else) {
    b.enter(otherwise);
    lower(node.else);
    b.jump(after);
  }
  b.enter(after);
}

function aggregate(node: Tuple | RecordExpression, l: Lowering): Value {
  const type = l.typeOf(node);
  const slot = l.slot(node.kind, type);
  lowerInto(node, slot, type, l);
  return inMemory(type, slot);
}

/** Makes the value where it is wanted. */
export function lowerInto(node: Expression, to: Address, type: Type, l: Lowering): void {
  switch (node.kind) {
    case 'tuple':
      return intoFields(
        node.items.map((value, i) => ({ name: `${i}`, value })),
        to,
        type,
        l,
      );
    case 'record':
      return intoFields(node.fields, to, type, l);
    case 'builtin':
    case 'identifier': {
      const row = l.script.library.builtin(node.name);
      if (row?.into) return row.into(l, to, type);
      break;
    }
    case 'call': {
      const row = l.script.library.function(node.name);
      if (row?.into) return row.into(node, to, type, l);
      break;
    }
    case 'if':
      if (node.condition.kind !== 'comptime' && !isScalar(type))
        return branches(node, (branch) => l.into(branch, to, type), l);
      break;
  }
  const value = l.value(node);
  if (value.kind === 'memory' && isScalar(value.type)) return store(load(value, l), to, type, l);
  store(value, to, type, l);
}

function intoFields(
  values: readonly { readonly name: string; readonly value: Expression }[],
  to: Address,
  type: Type,
  l: Lowering,
): void {
  const fields = fieldsOf(type);
  const used = fields.reduce((sum, field) => sum + sizeOfType(field.type), 0);
  if (used < sizeOfType(type)) l.b.zero(to, sizeOfType(type));
  for (const { name, value } of values) {
    const field = fields.find((one) => one.name === name)!;
    l.into(value, offsetBy(to, field.offset), field.type);
  }
}
