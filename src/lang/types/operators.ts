/** Types of unary and binary operators (bpftrace 0.26.1's integer rules). */
import type { Binary, BinaryOperator, Unary } from '../syntax/ast.ts';
import { promote } from './promote.ts';
import {
  BOOL,
  INT64,
  type IntType,
  isCastableAggregate,
  type PointerType,
  sameType,
  type Type,
  typeName,
  UINT64,
} from './type.ts';
import type { Typing } from './typing.ts';

const COMPARISONS: ReadonlySet<BinaryOperator> = new Set(['==', '!=', '<', '<=', '>', '>=']);
export const isComparison = (operator: BinaryOperator): boolean => COMPARISONS.has(operator);
export const isLogical = (operator: BinaryOperator): boolean => operator === '&&' || operator === '||';

/** What operators treat as an integer. */
export const integral = (type: Type): IntType | undefined => {
  if (type.kind === 'int') return type;
  if (type.kind === 'enum') return { kind: 'int', size: type.size, signed: type.signed };
  if (type.kind === 'bool') return { kind: 'int', size: 1, signed: false };
  if (isCastableAggregate(type)) return { kind: 'int', size: 8, signed: type.signed };
  return undefined;
};

const spaceOf = (...types: readonly IntType[]): Pick<IntType, 'space'> => {
  const space = types.find((type) => type.space)?.space;
  return space ? { space } : {};
};

export function binaryType(node: Binary, left: Type, right: Type, t: Typing): Type | undefined {
  const { operator } = node;
  if (left.kind === 'pointer' || right.kind === 'pointer') return pointerType(node, left, right, t);
  const a = integral(left);
  const b = integral(right);
  if (a && b) return integerType(node, a, b, left.kind === 'bool' && right.kind === 'bool', t);
  if (isLogical(operator)) return logicalType(node, left, right, t);
  if (operator !== '==' && operator !== '!=') return invalid(node, left, right, t);
  if (!comparable(left, right)) return mismatch(node, left, right, t);
  return BOOL;
}

function comparable(left: Type, right: Type): boolean {
  if (left.kind === 'array' && right.kind === 'array') return sameType(left, right);
  return promote(left, right) !== undefined;
}

/** Both must be usable as conditions. */
function logicalType(node: Binary, left: Type, right: Type, t: Typing): Type | undefined {
  return isCondition(left) && isCondition(right) ? BOOL : invalid(node, left, right, t);
}

export const isCondition = (type: Type): boolean => integral(type) !== undefined || type.kind === 'pointer';

/** Arithmetic is done in 64 bits; a literal takes the sign of the other side; minus is always signed. */
function integerType(node: Binary, left: IntType, right: IntType, bools: boolean, t: Typing): Type {
  const { operator } = node;
  if (isComparison(operator) || isLogical(operator)) return BOOL;
  if (bools) return BOOL;
  const a = left.flexible && !right.flexible ? right.signed : left.signed;
  const b = right.flexible && !left.flexible ? left.signed : right.signed;
  // The count of a shift does not decide the sign of what is shifted.
  const shift = operator === '<<' || operator === '>>';
  const signed = operator === '-' || (shift ? left.signed || right.signed : a || b);
  if ((operator === '/' || operator === '%') && (a || b) && !sameSizeAndSign(left, right)) {
    t.warning(
      node,
      `signed operands for '${operator}' can lead to undefined behavior (cast to unsigned to silence warning)`,
    );
  }
  return { ...(signed ? INT64 : UINT64), ...spaceOf(left, right) };
}

const sameSizeAndSign = (a: IntType, b: IntType): boolean => a.size === b.size && a.signed === b.signed;

function pointerType(node: Binary, left: Type, right: Type, t: Typing): Type | undefined {
  const { operator } = node;
  const compares = isComparison(operator);
  if (left.kind === 'pointer' && right.kind === 'pointer') {
    if (!compares && !isLogical(operator)) return invalid(node, left, right, t);
    if (compares && !sameType(left.to, right.to)) {
      t.warning(node, `comparison of distinct pointer types: ${typeName(left.to)}, ${typeName(right.to)}`);
    }
    return BOOL;
  }
  const other = left.kind === 'pointer' ? right : left;
  const pointer = (left.kind === 'pointer' ? left : right) as PointerType;
  if (!integral(other)) return invalid(node, left, right, t);
  if (compares || isLogical(operator)) return BOOL;
  if (operator === '+' || (operator === '-' && left.kind === 'pointer')) {
    return { kind: 'pointer', to: pointer.to, space: pointer.space };
  }
  return invalid(node, left, right, t);
}

function mismatch(node: Binary, left: Type, right: Type, t: Typing): undefined {
  const message = `Type mismatch for '${node.operator}': comparing ${typeName(left)} with ${typeName(right)}`;
  const related = [
    { span: node.left.span, message: `left (${typeName(left)})` },
    { span: node.right.span, message: `right (${typeName(right)})` },
  ];
  return t.error(node, message, { related });
}

function invalid(node: Binary, left: Type, right: Type, t: Typing): undefined {
  if (left.kind !== right.kind) return mismatch(node, left, right, t);
  return t.error(
    node,
    `The ${node.operator} operator can not be used on expressions of types ${typeName(left)}, ${typeName(right)}`,
  );
}

export function unaryType(node: Unary, operand: Type, t: Typing): Type | undefined {
  if (node.operator === '*') return dereferenced(node, operand, t);
  const number = integral(operand);
  if (node.operator === '!') {
    return isCondition(operand) ? BOOL : unusable(node, operand, t);
  }
  if (!number || operand.kind === 'bool') return unusable(node, operand, t);
  return number.signed ? INT64 : UINT64;
}

function dereferenced(node: Unary, operand: Type, t: Typing): Type | undefined {
  if (operand.kind === 'pointer') {
    if (operand.to.kind !== 'void' && operand.to.kind !== 'none') return operand.to;
    return t.error(node, `Can not dereference a pointer of type '${typeName(operand)}': cast it first`, {
      hints: ['write *(uint64 *)$p to read eight bytes'],
    });
  }
  if (operand.kind === 'int') return UINT64;
  return t.error(node, `Can not dereference type '${typeName(operand)}'. It is not a pointer.`);
}

function unusable(node: Unary, operand: Type, t: Typing): undefined {
  return t.error(node, `The ${node.operator} operator can not be used on expressions of type '${typeName(operand)}'`);
}
