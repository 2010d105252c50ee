/** Binary operators: arithmetic in 64 bits, comparisons in the common type, conditions as branches. */
import type { BinaryOp, BlockId, Comparison, Operand } from '../ir/index.ts';
import { imm } from '../ir/index.ts';
import type { Binary, BinaryOperator, CompoundOperator, Expression } from '../syntax/ast.ts';
import { sizeOfType } from '../types/layout.ts';
import { integral, isComparison, isLogical } from '../types/operators.ts';
import { promoteInt } from '../types/promote.ts';
import { BOOL, isSigned, type PointerType, type Type, UINT64 } from '../types/type.ts';
import { compareBytes } from './compare.ts';
import { convert } from './convert.ts';
import type { Lowering } from './lowering.ts';
import { toScalar } from './memory.ts';
import { reportMistake } from './runtime-errors.ts';
import { type ScalarValue, scalar, type Value } from './value.ts';

const PLAIN: Readonly<Record<CompoundOperator, { signed: BinaryOp; unsigned: BinaryOp }>> = {
  '+': { signed: 'add', unsigned: 'add' },
  '-': { signed: 'sub', unsigned: 'sub' },
  '*': { signed: 'mul', unsigned: 'mul' },
  '/': { signed: 'sdiv', unsigned: 'udiv' },
  '%': { signed: 'smod', unsigned: 'umod' },
  '&': { signed: 'and', unsigned: 'and' },
  '|': { signed: 'or', unsigned: 'or' },
  '^': { signed: 'xor', unsigned: 'xor' },
  '<<': { signed: 'shl', unsigned: 'shl' },
  '>>': { signed: 'sshr', unsigned: 'ushr' },
};

const COMPARE: Readonly<Record<string, { signed: Comparison; unsigned: Comparison }>> = {
  '==': { signed: 'eq', unsigned: 'eq' },
  '!=': { signed: 'ne', unsigned: 'ne' },
  '<': { signed: 'slt', unsigned: 'ult' },
  '<=': { signed: 'sle', unsigned: 'ule' },
  '>': { signed: 'sgt', unsigned: 'ugt' },
  '>=': { signed: 'sge', unsigned: 'uge' },
};

export function lowerBinary(node: Binary, type: Type, l: Lowering): Value {
  const { operator } = node;
  if (isLogical(operator) || isComparison(operator)) return asValue(node, l);
  const left = l.value(node.left);
  const right = toScalar(l.value(node.right), l);
  l.here = node.span;
  return arithmetic(operator as CompoundOperator, toScalar(left, l), right, type, l);
}

export function arithmetic(
  operator: CompoundOperator,
  left: ScalarValue,
  right: ScalarValue,
  type: Type,
  l: Lowering,
): ScalarValue {
  if (type.kind === 'pointer') return movePointer(operator, left, right, type, l);
  const op = PLAIN[operator][isSigned(type) ? 'signed' : 'unsigned'];
  const divides = operator === '/' || operator === '%';
  if (divides && (right.operand.kind === 'reg' || right.operand.value === 0n)) {
    return scalar(type, divide(op, left.operand, right.operand, l));
  }
  return scalar(type, l.b.binary(op, left.operand, right.operand));
}

/** Division by zero is told, and gives 1, as in bpftrace. */
function divide(op: BinaryOp, left: Operand, right: Operand, l: Lowering): Operand {
  const result = l.b.mov(imm(1));
  const divisor = l.b.mov(right);
  const message = 'Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result.';
  l.b.when(
    'ne',
    divisor,
    imm(0),
    () => l.b.binary(op, left, divisor, 64, result),
    () => reportMistake(message, l.here, l),
  );
  return result;
}

/** Pointers move by elements. */
function movePointer(
  operator: CompoundOperator,
  left: ScalarValue,
  right: ScalarValue,
  type: PointerType,
  l: Lowering,
): ScalarValue {
  const [pointer, count] = left.type.kind === 'pointer' ? [left, right] : [right, left];
  const size = type.to.kind === 'void' ? 1 : Math.max(1, sizeOfType(type.to));
  const bytes =
    count.operand.kind === 'imm'
      ? imm(count.operand.value * BigInt(size))
      : size === 1
        ? count.operand
        : l.b.binary('mul', count.operand, imm(size));
  return scalar(type, l.b.binary(operator === '-' ? 'sub' : 'add', pointer.operand, bytes));
}

function asValue(node: Binary, l: Lowering): ScalarValue {
  const yes = l.b.block();
  const no = l.b.block();
  const after = l.b.block();
  const result = l.b.reg();
  lowerCondition(node, yes, no, l);
  l.b.enter(yes);
  l.b.mov(imm(1), result);
  l.b.jump(after);
  l.b.enter(no);
  l.b.mov(imm(0), result);
  l.b.jump(after);
  l.b.enter(after);
  return scalar(BOOL, result);
}

/** Jumps to `yes` or `no`; the right side of && and || is computed only where it counts. */
export function lowerCondition(node: Expression, yes: BlockId, no: BlockId, l: Lowering): void {
  if (node.kind === 'unary' && node.operator === '!') return lowerCondition(node.operand, no, yes, l);
  if (node.kind === 'binary' && isLogical(node.operator)) {
    const second = l.b.block();
    if (node.operator === '&&') lowerCondition(node.left, second, no, l);
    else lowerCondition(node.left, yes, second, l);
    l.b.enter(second);
    return lowerCondition(node.right, yes, no, l);
  }
  if (node.kind === 'binary' && isComparison(node.operator)) return compare(node, yes, no, l);
  const value = toScalar(l.value(node), l).operand;
  if (value.kind === 'imm') return l.b.jump(value.value !== 0n ? yes : no);
  l.b.branch('ne', value, imm(0), yes, no);
}

function compare(node: Binary, yes: BlockId, no: BlockId, l: Lowering): void {
  const left = l.typeOf(node.left);
  const right = l.typeOf(node.right);
  if (!inRegister(left) || !inRegister(right)) {
    return compareBytes(
      node.left,
      node.right,
      ...((node.operator === '==' ? [yes, no] : [no, yes]) as [BlockId, BlockId]),
      l,
    );
  }
  const a = toScalar(l.value(node.left), l);
  const b = toScalar(l.value(node.right), l);
  const common = commonType(left, right);
  const relation = COMPARE[node.operator]![isSigned(common) ? 'signed' : 'unsigned'];
  const [x, y] = [comparable(a, common, l), comparable(b, common, l)];
  if (x.kind === 'imm' && y.kind === 'imm')
    return l.b.jump(holds(node.operator, x.value, y.value, isSigned(common)) ? yes : no);
  l.b.branch(relation, x, y, yes, no);
}

const inRegister = (type: Type): boolean =>
  integral(type) !== undefined || type.kind === 'pointer' || type.kind === 'ksym' || type.kind === 'username';

function commonType(left: Type, right: Type): Type {
  const a = integral(left);
  const b = integral(right);
  return a && b ? promoteInt(a, b) : UINT64;
}

const comparable = (value: ScalarValue, type: Type, l: Lowering): Operand =>
  integral(value.type) && integral(type) ? convert(value, type, l).operand : value.operand;

function holds(operator: BinaryOperator, a: bigint, b: bigint, signed: boolean): boolean {
  const x = signed ? BigInt.asIntN(64, a) : BigInt.asUintN(64, a);
  const y = signed ? BigInt.asIntN(64, b) : BigInt.asUintN(64, b);
  switch (operator) {
    case '==':
      return x === y;
    case '!=':
      return x !== y;
    case '<':
      return x < y;
    case '<=':
      return x <= y;
    case '>':
      return x > y;
    default:
      return x >= y;
  }
}
