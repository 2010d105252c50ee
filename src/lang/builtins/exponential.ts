/** exponential_bucket(n, scale) and ehist(n, scale): the histogram bucket that user space's exponential histograms use. */
import { MAX_SCALE, thresholds } from '../../base/exponential.ts';
import { imm, type Operand, type Reg } from '../ir/index.ts';
import { convert } from '../lower/convert.ts';
import type { Lowering } from '../lower/lowering.ts';
import { toScalar } from '../lower/memory.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { scalar } from '../lower/value.ts';
import { constantOf } from '../types/constant.ts';
import { integral } from '../types/operators.ts';
import { UINT32, UINT64 } from '../types/type.ts';
import { highestBit } from './buckets.ts';

/** So many comparisons one after the other cost less than a search with branches. */
const FEW = 7;

/** How many thresholds are at most `mantissa`, added to `index`: the sign of (threshold - 1 - mantissa) says so of each. */
function countSteps(mantissa: Reg, bounds: readonly number[], index: Reg, l: Lowering): void {
  for (const bound of bounds) {
    l.b.add(index, l.b.binary('ushr', l.b.sub(imm(bound - 1), mantissa), imm(63)), index);
  }
}

/** The same for many thresholds: a binary search between `low` and `high`. */
function addSteps(mantissa: Reg, bounds: readonly number[], low: number, high: number, index: Reg, l: Lowering): void {
  if (low === high) {
    l.b.add(index, imm(low), index);
    return;
  }
  const middle = (low + high) >> 1;
  l.b.when(
    'ult',
    mantissa,
    imm(bounds[middle]!),
    () => addSteps(mantissa, bounds, low, middle, index, l),
    () => addSteps(mantissa, bounds, middle + 1, high, index, l),
  );
}

/** The arithmetic is base/exponential.ts's, bit for bit. */
export function bucketIndex(value: Operand, scale: number, l: Lowering): Reg {
  const index = l.b.mov(imm(0));
  l.b.when('ne', value, imm(0), () => {
    const exponent = highestBit(value, l);
    const mantissa = l.b.binary('ushr', l.b.binary('shl', value, l.b.sub(imm(63), exponent)), imm(33));
    l.b.binary('shl', exponent, imm(scale), 64, index);
    const bounds = thresholds(scale);
    if (bounds.length <= FEW) countSteps(mantissa, bounds, index, l);
    else addSteps(mantissa, bounds, 0, bounds.length, index, l);
  });
  return index;
}

const exponentialBucket: FunctionRow = {
  name: 'exponential_bucket',
  signature: 'uint32 exponential_bucket(uint64 n, const int scale)',
  doc: `Index of the exponential histogram bucket of n, 2^scale buckets (scale at most ${MAX_SCALE}) to a power of two; 0 for 0.`,
  arguments: [2, 2],
  type(call, t) {
    const [value, scale] = call.arguments;
    const type = value && t.typeOf(value);
    if (type && !integral(type)) return t.error(call, 'exponential_bucket() expects an integer');
    const known = scale && constantOf(scale, t);
    if (typeof known !== 'bigint' || known < 0n || known > BigInt(MAX_SCALE)) {
      return t.error(call, `exponential_bucket() expects a scale of 0 to ${MAX_SCALE}, known when compiling`);
    }
    return UINT32;
  },
  lower(call, l) {
    const [value, scale] = call.arguments;
    const { operand } = convert(toScalar(l.value(value!), l), UINT64, l);
    return scalar(UINT32, bucketIndex(operand, Number(l.constant(scale!)), l));
  },
};

export const EXPONENTIAL: readonly FunctionRow[] = [exponentialBucket];
