/** tseries(): the buckets of all CPUs merged by interval, then laid out over the intervals that are shown. */
import { TSERIES_BUCKET } from '../../lang/types/layout.ts';
import type { TSeriesType } from '../../lang/types/type.ts';
import { integer, type PrintableInt } from './printable.ts';

export interface TimeSeries {
  readonly kind: 'timeSeries';
  /** Oldest first; null where nothing was recorded in an interval. */
  readonly points: readonly { readonly epochNanoseconds: bigint; readonly value: PrintableInt | null }[];
}

/** Values by the interval's number. */
export type Intervals = ReadonlyMap<bigint, bigint>;

interface Bucket {
  value: bigint;
  meta: bigint;
}

/** Each bucket holds one interval per CPU; of those only the latest counts, and CPUs that agree on it are merged. */
export function mergeBuckets(type: TSeriesType, view: DataView, copies: readonly number[]): Intervals {
  const intervals = new Map<bigint, bigint>();
  for (let i = 0; i < type.buckets; i++) {
    const merged = mergeBucket(
      type,
      view,
      copies.map((offset) => offset + i * TSERIES_BUCKET.size),
    );
    if (merged) intervals.set(merged[0], merged[1]);
  }
  return intervals;
}

function mergeBucket(
  type: TSeriesType,
  view: DataView,
  copies: readonly number[],
): readonly [epoch: bigint, value: bigint] | undefined {
  const { value: valueAt, meta: metaAt, epoch: epochAt } = TSERIES_BUCKET.offsets;
  const word = (offset: number): bigint =>
    type.signed ? view.getBigInt64(offset, true) : view.getBigUint64(offset, true);
  let latest = 0n;
  let bucket: Bucket | undefined;
  let touched = false;
  for (const copy of copies) {
    const epoch = view.getBigUint64(copy + epochAt, true);
    const read = { value: word(copy + valueAt), meta: word(copy + metaAt) };
    if (epoch === 0n) touched ||= read.value !== 0n || read.meta !== 0n;
    if (epoch === 0n || epoch < latest) continue;
    bucket = bucket === undefined || epoch > latest ? read : combine(type, bucket, read);
    latest = epoch;
  }
  // bpftrace takes interval 0 for "never used" too, but shows it.
  if (!bucket) return touched ? [0n, 0n] : undefined;
  return [latest, type.aggregate === 'avg' && bucket.meta !== 0n ? bucket.value / bucket.meta : bucket.value];
}

/** `meta` is the time of the value without an aggregate, the number of values for avg. */
function combine(type: TSeriesType, a: Bucket, b: Bucket): Bucket {
  switch (type.aggregate) {
    case 'none':
      return b.meta > a.meta ? b : a;
    case 'avg':
      return { value: a.value + b.value, meta: a.meta + b.meta };
    case 'sum':
      return { value: a.value + b.value, meta: a.meta };
    case 'min':
      return b.value < a.value ? b : a;
    case 'max':
      return b.value > a.value ? b : a;
  }
}

export function latestInterval(all: Iterable<Intervals>): bigint | undefined {
  let latest: bigint | undefined;
  for (const intervals of all) {
    for (const epoch of intervals.keys()) if (latest === undefined || epoch > latest) latest = epoch;
  }
  return latest;
}

/** From the first interval of this series to the latest of all series of the map. */
export function timeSeries(
  type: TSeriesType,
  intervals: Intervals,
  latest: bigint,
  toEpoch: (nanoseconds: bigint) => bigint,
): TimeSeries {
  const oldest = latest - BigInt(type.buckets) + 1n;
  let first = latest;
  for (const epoch of intervals.keys()) if (epoch >= oldest && epoch < first) first = epoch;
  const points = [];
  for (let epoch = first; epoch <= latest; epoch++) {
    const value = intervals.get(epoch);
    points.push({
      epochNanoseconds: toEpoch(epoch * type.interval),
      value: value === undefined ? null : integer(value, type.signed),
    });
  }
  return { kind: 'timeSeries', points };
}
