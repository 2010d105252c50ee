/** One operation or branch in a cheaper form: constants folded, neutral operands dropped, division by powers of two. */
import { evaluateBinary, evaluateByteswap, evaluateComparison, evaluateExtend } from '../evaluate.ts';
import type { Op, Operand, Reg, Terminator } from '../ir.ts';

const imm = (value: bigint): Operand => ({ kind: 'imm', value });
const copy = (dst: Reg, src: Operand): Op => ({ op: 'mov', dst, src });
const COMMUTATIVE = new Set(['add', 'mul', 'and', 'or', 'xor']);

/** The same object if there is nothing to gain. */
export function simplifyOp(op: Op): Op {
  switch (op.op) {
    case 'mov':
      if (op.width !== 32 || op.src.kind !== 'imm') return op;
      return copy(op.dst, imm(BigInt.asUintN(32, op.src.value)));
    case 'neg':
      return op.src.kind === 'imm' ? copy(op.dst, imm(evaluateBinary('sub', 0n, op.src.value, op.width))) : op;
    case 'extend':
      return op.src.kind === 'imm' ? copy(op.dst, imm(evaluateExtend(op.src.value, op.size, op.signed))) : op;
    case 'byteswap':
      return op.src.kind === 'imm' ? copy(op.dst, imm(evaluateByteswap(op.src.value, op.size))) : op;
    case 'binary':
      return simplifyBinary(op);
    default:
      return op;
  }
}

type Binary = Op & { op: 'binary' };

function simplifyBinary(op: Binary): Op {
  const { fn, dst, a, b, width } = op;
  if (a.kind === 'imm' && b.kind === 'imm') return copy(dst, imm(evaluateBinary(fn, a.value, b.value, width)));
  if (a.kind === 'imm' && COMMUTATIVE.has(fn)) return simplifyBinary({ ...op, a: b, b: a });
  if (b.kind !== 'imm') return op;
  return withConstant(op, BigInt.asIntN(width, b.value));
}

/** `b` is the constant. */
function withConstant(op: Binary, b: bigint): Op {
  const { fn, dst, a, width } = op;
  // 32-bit operations clear the upper half even when they change nothing else.
  const unchanged: Op = width === 64 ? copy(dst, a) : { op: 'mov', dst, src: a, width: 32 };
  switch (fn) {
    case 'add':
    case 'sub':
    case 'or':
    case 'xor':
    case 'shl':
    case 'ushr':
    case 'sshr':
      return b === 0n ? unchanged : op;
    case 'and':
      if (b === 0n) return copy(dst, imm(0n));
      if (b === -1n) return unchanged;
      return width === 64 && b === 0xffffffffn ? { op: 'extend', dst, src: a, size: 4, signed: false } : op;
    case 'mul':
      if (b === 0n) return copy(dst, imm(0n));
      if (b === 1n) return unchanged;
      return isPowerOfTwo(b) ? { ...op, fn: 'shl', b: imm(log2(b)) } : op;
    case 'udiv':
      if (b === 1n) return unchanged;
      return isPowerOfTwo(b) ? { ...op, fn: 'ushr', b: imm(log2(b)) } : op;
    case 'umod':
      return isPowerOfTwo(b) ? withConstant({ ...op, fn: 'and', b: imm(b - 1n) }, b - 1n) : op;
    case 'sdiv':
      return b === 1n ? unchanged : op;
    case 'smod':
      return op;
  }
}

const isPowerOfTwo = (value: bigint): boolean => value > 0n && (value & (value - 1n)) === 0n;
const log2 = (value: bigint): bigint => BigInt(value.toString(2).length - 1);

export function simplifyTerminator(end: Terminator): Terminator {
  if (end.op !== 'branch') return end.op === 'guard' && end.then === end.else ? { op: 'jump', to: end.then } : end;
  if (end.then === end.else) return { op: 'jump', to: end.then };
  if (end.a.kind !== 'imm' || end.b.kind !== 'imm') return end;
  return { op: 'jump', to: evaluateComparison(end.cmp, end.a.value, end.b.value, end.width) ? end.then : end.else };
}
