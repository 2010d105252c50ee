/** What a map can accumulate: count, sum, min, max, avg, stats, hist, ehist, lhist, tseries. */
import { MAX_SCALE } from '../../base/exponential.ts';
import { type Address, address, imm, type Operand, type Reg } from '../ir/index.ts';
import type { Lowering } from '../lower/lowering.ts';
import { pointerOf } from '../lower/memory.ts';
import type { AggregateRow } from '../lower/rows.ts';
import { offsetBy } from '../lower/value.ts';
import type { Call } from '../syntax/ast.ts';
import { AVG, EXTREME, ehistBuckets, histBuckets, lhistBuckets } from '../types/layout.ts';
import { integral } from '../types/operators.ts';
import {
  type AggregateType,
  type EhistType,
  type HistType,
  isSigned,
  type LhistType,
  type Type,
  typeName,
} from '../types/type.ts';
import type { Typing } from '../types/typing.ts';
import { logBucket } from './buckets.ts';
import { bucketIndex } from './exponential.ts';
import { numberArgument } from './text-argument.ts';
import { timeSeries } from './time-series.ts';

function addTo(at: Address, amount: Operand, l: Lowering): void {
  l.b.store(at, 8, l.b.add(l.b.load(at, 8), amount));
}

/** As attribution's histograms. */
const DEFAULT_SCALE = 3;

/** The sign of the argument is the sign of the aggregate. */
function typed(kind: AggregateType['kind']): (call: Call, t: Typing) => Type | undefined {
  return (call, t) => {
    const [argument] = call.arguments;
    const type = argument && t.typeOf(argument);
    if (!type) return undefined;
    const number = integral(type);
    if (!number || type.kind === 'bool') {
      return t.error(call, `${call.name}() only supports integer arguments (${typeName(type)} provided)`);
    }
    return { kind, signed: number.signed };
  };
}

function extreme(kind: 'min' | 'max', doc: string): AggregateRow {
  return {
    name: kind,
    signature: `@m = ${kind}(int value)`,
    doc,
    arguments: [1, 1],
    operands: 1,
    type: typed(kind),
    update(at, [value], type, _, l) {
      const { b } = l;
      const set = offsetBy(at, EXTREME.offsets.set);
      const take = () => b.store(at, 8, value!);
      const better = `${isSigned(type) ? 's' : 'u'}${kind === 'min' ? 'lt' : 'gt'}` as const;
      b.when('eq', b.load(set, 8), imm(0), take, () => b.when(better, value!, b.load(at, 8), take));
      b.store(set, 8, imm(1));
    },
  };
}

function average(kind: 'avg' | 'stats', doc: string): AggregateRow {
  return {
    name: kind,
    signature: `@m = ${kind}(int value)`,
    doc,
    arguments: [1, 1],
    operands: 1,
    type: typed(kind),
    update(at, [value], _type, _call, l) {
      addTo(offsetBy(at, AVG.offsets.total), value!, l);
      addTo(offsetBy(at, AVG.offsets.count), imm(1), l);
    },
  };
}

/** The verifier wants to see the bound just before the access. */
function countBucket(at: Address, index: Reg, buckets: number, l: Lowering): void {
  l.b.when('ult', index, imm(buckets), () => {
    addTo(address(l.b.add(pointerOf(at, l), l.b.binary('shl', index, imm(3)))), imm(1), l);
  });
}

const hist: AggregateRow = {
  name: 'hist',
  signature: '@m = hist(int value, [int bits])',
  doc: 'Histogram of powers of two, each cut into 2^bits buckets (bits 0 to 5).',
  arguments: [1, 2],
  operands: 1,
  type(call, t) {
    const bits = call.arguments[1] ? numberArgument(call, 1, t) : 0n;
    if (bits === undefined) return undefined;
    if (bits < 0n || bits > 5n) return t.error(call, `hist: bits ${bits} must be 0..5`);
    return typed('sum')(call, t) && { kind: 'hist', bits: Number(bits) };
  },
  update(at, [value], type, _, l) {
    const { bits } = type as HistType;
    countBucket(at, logBucket(value!, bits, l), histBuckets(bits), l);
  },
};

const ehist: AggregateRow = {
  name: 'ehist',
  signature: '@m = ehist(int value, [int scale])',
  doc: `Histogram of 2^scale buckets (0 to ${MAX_SCALE}, else 3: 9 % wide) to each power of two, printed with percentiles; a value of scale 3 takes 4 KiB on each CPU, and each scale more takes twice that.`,
  arguments: [1, 2],
  operands: 1,
  type(call, t) {
    const scale = call.arguments[1] ? numberArgument(call, 1, t) : BigInt(DEFAULT_SCALE);
    if (scale === undefined) return undefined;
    if (scale < 0n || scale > BigInt(MAX_SCALE)) return t.error(call, `ehist: scale ${scale} must be 0..${MAX_SCALE}`);
    return typed('sum')(call, t) && { kind: 'ehist', scale: Number(scale) };
  },
  update(at, [value], type, _, l) {
    const { scale } = type as EhistType;
    const { b } = l;
    const index = b.mov(imm(0));
    const positive = () => b.add(bucketIndex(value!, scale, l), imm(2), index);
    b.when('sge', value!, imm(0), () => b.when('eq', value!, imm(0), () => b.mov(imm(1), index), positive));
    countBucket(at, index, ehistBuckets(scale), l);
  },
};

const MAX_LHIST = 1000n;

const lhist: AggregateRow = {
  name: 'lhist',
  signature: '@m = lhist(int value, int min, int max, int step)',
  doc: 'Histogram of buckets of equal width.',
  arguments: [4, 4],
  operands: 1,
  type(call, t) {
    if (call.arguments.length !== 4) return undefined;
    const [min, max, step] = [1, 2, 3].map((i) => numberArgument(call, i, t));
    if (min === undefined || max === undefined || step === undefined) return undefined;
    if (step <= 0n) return t.error(call, `lhist() step must be >= 1 (${step} provided)`);
    if (min < 0n) return t.error(call, 'lhist: invalid min value (must be non-negative literal)');
    if (min > max) return t.error(call, `lhist() min must be less than max (provided min ${min} and max ${max})`);
    if (max - min < step)
      return t.error(
        call,
        `lhist() step is too large for the given range (provided step ${step} for range ${max - min})`,
      );
    if ((max - min) / step > MAX_LHIST) {
      return t.error(call, `lhist() too many buckets, must be <= ${MAX_LHIST} (would need ${(max - min) / step})`);
    }
    return typed('sum')(call, t) && { kind: 'lhist', min, max, step };
  },
  update(at, [value], type, _, l) {
    const { min, max, step } = type as LhistType;
    countBucket(at, linearBucket(value!, type as LhistType, l), lhistBuckets(min, max, step), l);
  },
};

/** 0 below min, then one a step, the last for what is above max. */
function linearBucket(value: Reg, { min, max, step }: LhistType, l: Lowering): Reg {
  const { b } = l;
  const index = b.mov(imm(0));
  b.when('sge', value, imm(min), () => {
    b.when(
      'sgt',
      value,
      imm(max),
      () => b.mov(imm(1n + (max - min) / step), index),
      () => b.add(b.binary('udiv', b.sub(value, imm(min)), imm(step)), imm(1), index),
    );
  });
  return index;
}

export const AGGREGATES: readonly AggregateRow[] = [
  {
    name: 'count',
    signature: '@m = count()',
    doc: 'How often this was reached.',
    arguments: [0, 0],
    operands: 0,
    type: () => ({ kind: 'count', signed: true }),
    update: (at, _values, _type, _call, l) => addTo(at, imm(1), l),
  },
  {
    name: 'sum',
    signature: '@m = sum(int value)',
    doc: 'The sum of the values.',
    arguments: [1, 1],
    operands: 1,
    type: typed('sum'),
    update: (at, [value], _type, _call, l) => addTo(at, value!, l),
  },
  extreme('min', 'The smallest value.'),
  extreme('max', 'The largest value.'),
  average('avg', 'The average of the values.'),
  average('stats', 'Count, average and total of the values.'),
  hist,
  ehist,
  lhist,
  timeSeries,
];
