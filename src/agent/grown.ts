/** What grew between two readings, row by row. */
import { type FieldRule, growBy, type TakeNumbers } from '../aggregate/index.ts';

export interface Grown<T> {
  readonly key: string;
  readonly totals: T;
  readonly before: T | undefined;
  readonly growth: Float64Array;
}

/** A row that is the same object as in the last reading has not changed. `read` writes what a row has come to. */
export function grownOf<T>(
  rules: readonly FieldRule[],
  read: (one: T, into: Float64Array) => void,
  now: ReadonlyMap<string, T>,
  last: ReadonlyMap<string, T>,
  take: TakeNumbers,
): Grown<T>[] {
  const grown: Grown<T>[] = [];
  const earlier = new Float64Array(rules.length);
  for (const [key, totals] of now) {
    const before = last.get(key);
    if (before === totals) continue;
    const growth = take(rules.length);
    read(totals, growth);
    if (before) read(before, earlier);
    if (growBy(rules, growth, before && earlier)) grown.push({ key, totals, before, growth });
  }
  return grown;
}
