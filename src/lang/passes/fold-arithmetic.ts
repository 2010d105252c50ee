/** The arithmetic of literals, by bpftrace's rules: 64 bits, unsigned while nothing is negative, overflow refused. */
import type { BinaryOperator } from '../syntax/index.ts';

export type Literal = bigint | boolean | string;

const U64_MAX = 2n ** 64n - 1n;
const I64_MAX = 2n ** 63n - 1n;
const I64_MIN = -(2n ** 63n);

type Operation = (a: bigint, b: bigint) => bigint | undefined;

const COMPARE: Partial<Record<BinaryOperator, (a: Literal, b: Literal) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '&&': (a, b) => isTrue(a) && isTrue(b),
  '||': (a, b) => isTrue(a) || isTrue(b),
};

/** The exact results; what does not fit is refused afterwards. */
const EXACT: Partial<Record<BinaryOperator, Operation>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0n ? undefined : a / b),
  '%': (a, b) => (b === 0n ? undefined : a % b),
};

/** Operations on bits, which cannot overflow: a left shift drops what leaves the 64 bits. */
const BITS: Partial<Record<BinaryOperator, Operation>> = {
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => (isShift(b) ? a << b : undefined),
  '>>': (a, b) => (isShift(b) ? a >> b : undefined),
};

const isShift = (bits: bigint): boolean => bits >= 0n && bits < 64n;

export function isTrue(value: Literal): boolean {
  return value !== 0n && value !== false && value !== '';
}

export function isComparison(operator: BinaryOperator): boolean {
  return COMPARE[operator] !== undefined;
}

/** A comparison of two literals of one type, or `&&` and `||` of any. */
export function compare(operator: BinaryOperator, a: Literal, b: Literal): boolean {
  return COMPARE[operator]!(a, b);
}

/** Undefined: the result, or the pair of operands, does not fit 64 bits, or divides by zero. */
export function foldIntegers(operator: BinaryOperator, a: bigint, b: bigint): bigint | boolean | undefined {
  const signed = a < 0n || b < 0n;
  if (signed && (a > I64_MAX || b > I64_MAX)) return undefined;
  if (isComparison(operator)) return compare(operator, a, b);
  const bits = BITS[operator]?.(a, b);
  if (bits !== undefined) return signed ? BigInt.asIntN(64, bits) : BigInt.asUintN(64, bits);
  const exact = EXACT[operator]?.(a, b);
  return exact !== undefined && fits(operator, exact, a, b) ? exact : undefined;
}

/** Unsigned operands give up to 2^64-1, or a negative difference; signed ones -2^63 to 2^63-1, but 2^64-1 as a product of two negatives. */
function fits(operator: BinaryOperator, value: bigint, a: bigint, b: bigint): boolean {
  if (value < I64_MIN) return false;
  const signed = a < 0n || b < 0n;
  const most = signed && !(operator === '*' && a < 0n && b < 0n) ? I64_MAX : U64_MAX;
  return value <= most;
}

/** Booleans calculate as 0 and 1, and what is not 0 is true; undefined for a division by zero. */
export function foldBooleans(operator: BinaryOperator, a: boolean, b: boolean): boolean | undefined {
  if (isComparison(operator)) return compare(operator, a, b);
  if (operator === '<<') return !a && b;
  if (operator === '>>') return a && !b;
  const result = (EXACT[operator] ?? BITS[operator])!(BigInt(a), BigInt(b));
  return result === undefined ? undefined : result !== 0n;
}

/** ~ of an unsigned is unsigned; undefined where a negation leaves the 64 bits. */
export function foldUnary(operator: '-' | '~', value: bigint): bigint | undefined {
  if (operator === '~') return value < 0n ? ~value : BigInt.asUintN(64, ~value);
  return -value < I64_MIN ? undefined : -value;
}
