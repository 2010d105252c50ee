/** Indexes of logarithmic buckets, computed without loops. */
import { imm, type Operand, type Reg } from '../ir/index.ts';
import type { Lowering } from '../lower/lowering.ts';

/**
 * Position of the highest set bit of a value that is not 0: a binary search in six steps, without branches. Each branch
 * would double the verifier's ways through the program, and half of them would be guessed wrong by the CPU.
 */
export function highestBit(value: Operand, l: Lowering): Reg {
  const { b } = l;
  const rest = b.mov(value);
  const bit = b.mov(imm(0));
  for (const power of [5, 4, 3, 2, 1, 0]) {
    // 2^power where a bit is set in the upper half of what is left, else 0: the sign of minus that half.
    const upper = b.binary('ushr', b.neg(b.binary('ushr', rest, imm(1 << power))), imm(63));
    const step = b.binary('shl', upper, imm(power));
    b.binary('ushr', rest, step, 64, rest);
    b.add(bit, step, bit);
  }
  return bit;
}

/**
 * 0 for negative values, n + 1 below 2^bits, then 2^bits buckets for each power of two: the highest bit and the
 * `bits` bits behind it, as one number.
 */
export function logBucket(value: Reg, bits: number, l: Lowering): Reg {
  const { b } = l;
  const index = b.mov(imm(0));
  const mask = (1n << BigInt(bits)) - 1n;
  b.when('sge', value, imm(0), () => {
    b.when(
      'ule',
      value,
      imm(mask),
      () => b.add(value, imm(1), index),
      () => {
        const scale = b.sub(highestBit(value, l), imm(bits));
        const next = b.binary('and', b.binary('ushr', value, scale), imm(mask));
        const first = b.binary('shl', b.add(scale, imm(1)), imm(bits));
        b.add(b.add(first, next), imm(1), index);
      },
    );
  });
  return index;
}
