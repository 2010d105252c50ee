/** tseries(): the values of the last intervals, in a ring of buckets. */
import { type Address, address, imm, type Operand } from '../ir/index.ts';
import { convert } from '../lower/convert.ts';
import type { Lowering } from '../lower/lowering.ts';
import { readMap } from '../lower/maps.ts';
import { pointerOf, toScalar } from '../lower/memory.ts';
import type { AggregateRow } from '../lower/rows.ts';
import { offsetBy } from '../lower/value.ts';
import type { Call } from '../syntax/ast.ts';
import { TSERIES_BUCKET } from '../types/layout.ts';
import { integral } from '../types/operators.ts';
import { type TSeriesType, typeName, UINT64 } from '../types/type.ts';
import type { Typing } from '../types/typing.ts';
import { numberArgument, textArgument } from './text-argument.ts';
import { readClock } from './time.ts';

type Combination = TSeriesType['aggregate'];

const COMBINATIONS: readonly Combination[] = ['avg', 'max', 'min', 'sum'];
const MOST_INTERVALS = 1_000_000n;

export const timeSeries: AggregateRow = {
  name: 'tseries',
  signature: '@m = tseries(int value, uint64 interval, uint64 intervals, [const string avg|max|min|sum])',
  doc: 'The values of the last intervals: the last value of each, or what combines them.',
  arguments: [3, 4],
  operands: 1,
  type(call, t) {
    const type = call.arguments[0] && t.typeOf(call.arguments[0]);
    const number = type && integral(type);
    if (!type) return undefined;
    if (!number) return t.error(call, `tseries() only supports integer arguments (${typeName(type)} provided)`);
    const interval = numberArgument(call, 1, t);
    const buckets = numberArgument(call, 2, t);
    const aggregate = combination(call, t);
    if (interval === undefined || buckets === undefined || !aggregate) return undefined;
    if (interval < 0n) return t.error(call, 'tseries: invalid interval_ns value (must be non-negative literal)');
    if (buckets < 0n) return t.error(call, 'tseries: invalid num_intervals value (must be non-negative literal)');
    if (interval < 1n) return t.error(call, `tseries() interval_ns must be >= 1 (${interval} provided)`);
    if (buckets < 1n) return t.error(call, `tseries() num_intervals must be >= 1 (${buckets} provided)`);
    if (buckets > MOST_INTERVALS) {
      return t.error(call, `tseries() num_intervals must be < ${MOST_INTERVALS} (${buckets} provided)`);
    }
    return { kind: 'tseries', interval, buckets: Number(buckets), aggregate, signed: number.signed };
  },
  update(at, [value], type, _, l) {
    const { interval, buckets, aggregate } = type as TSeriesType;
    const now = clock(l);
    const epoch = l.b.binary('udiv', now, imm(interval));
    const index = l.b.binary('umod', epoch, imm(buckets));
    // The verifier does not see that the remainder is small.
    l.b.when('ult', index, imm(buckets), () => {
      const offset = l.b.binary('mul', index, imm(TSERIES_BUCKET.size));
      const bucket = address(l.b.add(pointerOf(at, l), offset));
      if (aggregate !== 'none') startInterval(bucket, epoch, l);
      record(bucket, value!, now, type as TSeriesType, l);
      l.b.store(offsetBy(bucket, TSERIES_BUCKET.offsets.epoch), 8, epoch);
    });
  },
};

function combination(call: Call, t: Typing): Combination | undefined {
  if (!call.arguments[3]) return 'none';
  const name = textArgument(call, 3, t);
  if (name === undefined) return undefined;
  const known = COMBINATIONS.find((one) => one === name);
  const wanted = `tseries() expects one of the following aggregation functions: ${COMBINATIONS.join(', ')}`;
  return known ?? t.error(call, `${wanted} ("${name}" provided)`);
}

/** The bucket of an interval is that of the one a whole round ago. */
function startInterval(bucket: Address, epoch: Operand, l: Lowering): void {
  const before = l.b.load(offsetBy(bucket, TSERIES_BUCKET.offsets.epoch), 8);
  l.b.when('ne', before, epoch, () => l.b.zero(bucket, TSERIES_BUCKET.offsets.epoch));
}

/** `meta`: the time of the last value; how many values there were; whether there was one. */
function record(bucket: Address, value: Operand, now: Operand, { aggregate, signed }: TSeriesType, l: Lowering): void {
  const { b } = l;
  const meta = offsetBy(bucket, TSERIES_BUCKET.offsets.meta);
  const add = (at: Address, amount: Operand) => b.store(at, 8, b.add(b.load(at, 8), amount));
  switch (aggregate) {
    case 'none':
      b.store(bucket, 8, value);
      b.store(meta, 8, now);
      break;
    case 'avg':
    case 'sum':
      add(bucket, value);
      add(meta, imm(1));
      break;
    case 'min':
    case 'max': {
      const better = `${signed ? 's' : 'u'}${aggregate === 'min' ? 'lt' : 'gt'}` as const;
      const take = () => b.store(bucket, 8, value);
      b.when('eq', b.load(meta, 8), imm(0), take, () => b.when(better, value, b.load(bucket, 8), take));
      b.store(meta, 8, imm(1));
    }
  }
}

/** Wall-clock time that no correction of the clock disturbs; or the script's own clock (see Settings.clockMap). */
function clock(l: Lowering): Operand {
  const { clockMap } = l.settings;
  const known = clockMap !== undefined && l.script.typing.maps.has(clockMap);
  if (!known) return readClock('sw_tai', l);
  const value = readMap({ kind: 'map', span: l.here, name: clockMap }, l);
  return convert(toScalar(value, l), UINT64, l).operand;
}
