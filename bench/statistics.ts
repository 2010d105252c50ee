/** Medians, and how sure those of paired differences are. */

export interface Estimate {
  readonly median: number;
  /** 95 % interval by 4000 resamples. */
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 4000;

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One of the values: of an even count the upper of the two in the middle. */
export const upperMedianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Of the median of the values themselves. */
export function bootstrap(values: readonly number[]): Estimate {
  return bootstrapOf(values.length, (pick) => medianOf(pick.map((i) => values[i]!)));
}

/** Of the ratio of two medians, the pairs of which were measured side by side. */
export function bootstrapRatio(above: readonly number[], below: readonly number[]): Estimate {
  return bootstrapOf(
    above.length,
    (pick) => medianOf(pick.map((i) => above[i]!)) / medianOf(pick.map((i) => below[i]!)),
  );
}

function bootstrapOf(count: number, statistic: (pick: readonly number[]) => number): Estimate {
  const all = Array.from({ length: count }, (_, i) => i);
  const draw = (): number => Math.floor(Math.random() * count);
  const resampled = Array.from({ length: RESAMPLES }, () => statistic(all.map(draw))).sort((a, b) => a - b);
  const at = (share: number): number => resampled[Math.floor(share * (RESAMPLES - 1))]!;
  return { median: statistic(all), low: at(0.025), high: at(0.975) };
}
