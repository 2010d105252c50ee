/** What grew between two readings, row by row. */
import { type FieldRule, growthOf } from '../aggregate/index.ts';

export interface Grown<T> {
  readonly key: string;
  readonly totals: T;
  readonly before: T | undefined;
  readonly growth: Float64Array;
}

/** A row that is the same object as in the last reading has not changed. */
export function grownOf<T>(
  rules: readonly FieldRule[],
  valuesOf: (one: T) => Float64Array,
  now: ReadonlyMap<string, T>,
  last: ReadonlyMap<string, T>,
): Grown<T>[] {
  const grown: Grown<T>[] = [];
  for (const [key, totals] of now) {
    const before = last.get(key);
    if (before === totals) continue;
    const growth = growthOf(rules, valuesOf(totals), before && valuesOf(before));
    if (growth) grown.push({ key, totals, before, growth });
  }
  return grown;
}
