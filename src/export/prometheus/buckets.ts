/** Our exponential buckets of ns as Prometheus' of seconds. */
import type { Histogram } from '../../aggregate/index.ts';
import { nativeShift } from '../exponential-seconds.ts';

/** Powers of two from 16 µs to 69 s: bounds of ours, so that counts below them are exact. */
const CLASSIC = Array.from({ length: 12 }, (_, n) => 14 + 2 * n);

export function classicBuckets(histogram: Histogram): { readonly le: number; readonly count: number }[] {
  return CLASSIC.map((exponent) => {
    let count = histogram.zeros;
    for (const bucket of histogram.buckets()) if (bucket.index < exponent << histogram.scale) count += bucket.count;
    return { le: 2 ** exponent / 1e9, count };
  });
}

/** Buckets without a gap between them. */
export interface Span {
  /** From the end of the span before; of the first one from bucket 0. */
  readonly offset: number;
  readonly counts: readonly number[];
}

/** Prometheus' bucket i of schema s ends at 2^(i / 2^s) seconds, ours begins at 2^(i / 2^s) ns. */
export function nativeSpans(histogram: Histogram): Span[] {
  const shift = 1 + nativeShift(histogram.scale);
  const spans: { offset: number; counts: number[] }[] = [];
  let end = 0;
  for (const { index, count } of histogram.buckets()) {
    const at = index + shift;
    const last = spans.at(-1);
    if (last && at === end) last.counts.push(count);
    else spans.push({ offset: at - end, counts: [count] });
    end = at + 1;
  }
  return spans;
}
