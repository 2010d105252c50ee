/** Makes a reading the next one after another: nothing becomes less, and what did not change is the same object as before. */
import { type Peaks, withPeak } from './peaks.ts';

interface Counted {
  readonly counters: Float64Array;
  /** By number of the maximum: those of each reading. */
  peaks: readonly Peaks[];
}

interface Rules<Row> {
  /** Besides the counters. */
  readonly isSame: (row: Row, before: Row) => boolean;
  /** Counters that are read as the largest since the last reading. */
  readonly maxima: readonly number[];
}

export class Monotone<Row extends Counted> {
  readonly #rules: Rules<Row>;
  #last: ReadonlyMap<string, Row> = new Map();

  constructor(rules: Rules<Row>) {
    this.#rules = rules;
  }

  /**
   * In place. What was under way may be booked a little differently when it ends: counters are raised to what they have been.
   * Many readings are kept, and most statements rest in most of them: such rows are kept once, and need not be looked at again.
   */
  follow(rows: Map<string, Row>, reading: number): void {
    const { isSame, maxima } = this.#rules;
    for (const [key, row] of rows) {
      const before = this.#last.get(key);
      const values = maxima.map((at) => row.counters[at]!);
      if (before && !raise(row.counters, before.counters) && isSame(row, before)) rows.set(key, before);
      else row.peaks = values.map((value, of) => withPeak(before?.peaks[of] ?? [], { reading, value }));
    }
    this.#last = rows;
  }
}

/** Whether there is more than there was. */
function raise(counters: Float64Array, before: Float64Array): boolean {
  let isMore = false;
  for (let at = 0; at < before.length; at++) {
    const value = before[at]!;
    if (counters[at]! > value) isMore = true;
    else counters[at] = value;
  }
  return isMore;
}
