/**
 * The largest of any window between two readings: the kernel keeps a maximum from one reading to the next, and of those only
 * the ones are kept that none after them exceeds. Of a thousand readings these are seven on average.
 */
import type { Histogram } from '../../aggregate/index.ts';
import { bucketOf } from '../../base/exponential.ts';

export interface Peak {
  /** Its number: the peak was met between the one before and this. */
  readonly reading: number;
  readonly value: number;
}

/** Later ones are smaller. */
export type Peaks = readonly Peak[];

/** Peaks older than so many readings are those of all the time before: the first of them. */
const MOST_READINGS = 4096;

export function withPeak(peaks: Peaks, peak: Peak): Peaks {
  if (peak.value <= 0) return peaks;
  const kept = peaks.filter(
    ({ reading, value }, at) => value > peak.value && (at === 0 || peak.reading - reading < MOST_READINGS),
  );
  return [...kept, peak];
}

/** The largest since a reading; 0 where there was nothing. */
export const peakSince = (peaks: Peaks | undefined, reading: number): number =>
  peaks?.find((peak) => peak.reading > reading)?.value ?? 0;

export interface Longest {
  /** Absent where only its bucket is known. */
  readonly max: number | undefined;
  readonly isMaxExact: boolean;
}

/** The longest of what a histogram counts; 0: not known. It was read a little before or after, and may not be in there. */
export function longestOf(histogram: Histogram, known: number): Longest {
  const { highest } = histogram;
  const isKnown = highest !== undefined && known > 0 && bucketOf(known, histogram.scale) >= highest;
  return { max: isKnown ? known : undefined, isMaxExact: isKnown };
}
