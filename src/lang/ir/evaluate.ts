/** What operations give on constants, as the machine computes them; values are signed 64-bit. */
import type { BinaryOp, Comparison, Width } from './ir.ts';

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

/** Division by zero gives 0, remainder by zero the dividend (bpf instruction set, RFC 9669). */
export function evaluateBinary(fn: BinaryOp, x: bigint, y: bigint, width: Width): bigint {
  const isSigned = fn === 'sdiv' || fn === 'smod' || fn === 'sshr';
  const a = isSigned ? BigInt.asIntN(width, x) : BigInt.asUintN(width, x);
  const b = isSigned && fn !== 'sshr' ? BigInt.asIntN(width, y) : BigInt.asUintN(width, y);
  const result = compute(fn, a, b, BigInt(width - 1));
  return width === 32 ? BigInt.asUintN(32, result) : signed(result);
}

function compute(fn: BinaryOp, a: bigint, b: bigint, shiftMask: bigint): bigint {
  switch (fn) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return a * b;
    case 'udiv':
    case 'sdiv':
      return b === 0n ? 0n : a / b;
    case 'umod':
    case 'smod':
      return b === 0n ? a : a % b;
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return a << (b & shiftMask);
    case 'ushr':
    case 'sshr':
      return a >> (b & shiftMask);
  }
}

/** Absent: JSET has no opposite. */
export const NEGATED: Partial<Record<Comparison, Comparison>> = {
  eq: 'ne',
  ne: 'eq',
  ult: 'uge',
  uge: 'ult',
  ule: 'ugt',
  ugt: 'ule',
  slt: 'sge',
  sge: 'slt',
  sle: 'sgt',
  sgt: 'sle',
};

export function evaluateComparison(cmp: Comparison, x: bigint, y: bigint, width: Width): boolean {
  const isSigned = cmp.startsWith('s') && cmp !== 'set';
  const a = isSigned ? BigInt.asIntN(width, x) : BigInt.asUintN(width, x);
  const b = isSigned ? BigInt.asIntN(width, y) : BigInt.asUintN(width, y);
  switch (cmp) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'ult':
    case 'slt':
      return a < b;
    case 'ule':
    case 'sle':
      return a <= b;
    case 'ugt':
    case 'sgt':
      return a > b;
    case 'uge':
    case 'sge':
      return a >= b;
    case 'set':
      return (a & b) !== 0n;
  }
}

export function evaluateExtend(value: bigint, size: 1 | 2 | 4, isSigned: boolean): bigint {
  return isSigned ? BigInt.asIntN(size * 8, value) : BigInt.asUintN(size * 8, value);
}

export function evaluateByteswap(value: bigint, size: 2 | 4 | 8): bigint {
  let result = 0n;
  for (let i = 0; i < size; i++) result = (result << 8n) | ((value >> BigInt(i * 8)) & 0xffn);
  return signed(result);
}

export const fitsInt32 = (value: bigint): boolean => value >= -0x80000000n && value <= 0x7fffffffn;
