/** Counts per bucket as labelled histograms, for hist(), ehist() and lhist(). */
import { integerBound } from '../../base/exponential.ts';
import type { EhistType, HistType, LhistType } from '../../lang/types/type.ts';
import { int64, type Printable, symbol } from './printable.ts';

/** Labels are the upper bounds of the buckets; without a label the last bucket has none. */
export interface Histogram {
  readonly kind: 'histogram';
  /** Lower bound of the first bucket; absent when it has none. */
  readonly lower?: Printable;
  readonly labels: readonly Printable[];
  readonly counts: readonly bigint[];
  /** What that share of the values, in hundredths, is at most; ascending. */
  readonly percentiles?: readonly (readonly [hundredths: number, atMost: bigint])[];
}

/** The buckets from the first to the last that counted anything. */
function build(counts: readonly bigint[], label: (bucket: number) => Printable | undefined): Histogram {
  const first = counts.findIndex((count) => count > 0n);
  if (first < 0) return { kind: 'histogram', labels: [], counts: [] };
  const used = counts.slice(first, counts.findLastIndex((count) => count > 0n) + 1);
  const labels = used.flatMap((_, i) => label(first + i) ?? []);
  const lower = first === 0 ? undefined : label(first - 1);
  return { kind: 'histogram', labels, counts: used, ...(lower !== undefined && { lower }) };
}

export function histogram(type: HistType, counts: readonly bigint[], divisor: bigint): Histogram {
  const whole = build(counts, (bucket) => powerLabel(bucket, type.bits));
  return { ...whole, counts: whole.counts.map((count) => count / divisor) };
}

/**
 * Upper bound of a bucket. Bucket 0 is for negative values; the next 2 × 2^bits hold one value each;
 * from then on 2^bits buckets share each power of two, so that bucket's low bits say which of them it is.
 */
function powerLabel(bucket: number, bits: number): Printable {
  if (bucket <= 2 << bits) return int64(BigInt(bucket));
  const parts = 1 << bits;
  const steps = BigInt(parts + (bucket & (parts - 1)));
  const power = (bucket >> bits) - 1;
  const decade = Math.trunc(power / 10);
  const shown = (1n << BigInt(power - 10 * decade)) * steps;
  return symbol(`${shown}${['', 'K', 'M', 'G', 'T', 'P', 'E'][decade]}`, (1n << BigInt(power)) * steps);
}

const PERCENTILES = [50, 90, 99] as const;

/** Bounds as integers; buckets that hold none, as between 2 and 3, are left out. */
export function exponentialHistogram({ scale }: EhistType, counts: readonly bigint[]): Histogram {
  // Bucket 0 is for negative values, 1 for 0.
  const upper = (bucket: number): bigint => (bucket === 0 ? 0n : integerBound(bucket - 1, scale));
  const held = counts.keys().filter((bucket) => bucket === 0 || upper(bucket) > upper(bucket - 1));
  const buckets = [...held];
  const used = buckets.map((bucket) => counts[bucket]!);
  const whole = build(used, (i) => int64(upper(buckets[i]!)));
  return { ...whole, percentiles: percentilesOf(used, (i) => upper(buckets[i]!) - 1n) };
}

function percentilesOf(counts: readonly bigint[], most: (bucket: number) => bigint): [number, bigint][] {
  const total = counts.reduce((sum, count) => sum + count, 0n);
  if (total === 0n) return [];
  let seen = 0n;
  const upTo = counts.map((count) => {
    seen += count;
    return seen;
  });
  return PERCENTILES.map((share) => [share, most(upTo.findIndex((sum) => sum * 100n >= total * BigInt(share)))]);
}

/** No divisor: bpftrace ignores print()'s for linear histograms. */
export function linearHistogram(type: LhistType, counts: readonly bigint[]): Histogram {
  return build(counts, (bucket) => {
    const bound = type.min + BigInt(bucket) * type.step;
    return bound <= type.max ? linearLabel(bound, type.step) : undefined;
  });
}

const KILO = 1024n;
const MEGA = KILO * KILO;

/** Bounds get K and M when all of them are multiples of 1024. */
function linearLabel(bound: bigint, step: bigint): Printable {
  if (step % KILO !== 0n) return int64(bound);
  if (bound === 0n || bound % KILO !== 0n) return symbol(bound.toString(), bound);
  return symbol(bound % MEGA === 0n ? `${bound / MEGA}M` : `${bound / KILO}K`, bound);
}
