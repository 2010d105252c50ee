/** Makes a reading the next one after another: nothing becomes less, and what did not change is the same object as before. */

interface Counted {
  readonly counters: Float64Array;
}

export class Monotone<Row extends Counted> {
  readonly #isSame: (row: Row, before: Row) => boolean;
  #last: ReadonlyMap<string, Row> = new Map();

  /** `isSame`: besides the counters. */
  constructor(isSame: (row: Row, before: Row) => boolean) {
    this.#isSame = isSame;
  }

  /**
   * In place. What was under way may be booked a little differently when it ends: counters are raised to what they have been.
   * Many readings are kept, and most statements rest in most of them: such rows are kept once, and need not be looked at again.
   */
  follow(rows: Map<string, Row>): void {
    for (const [key, row] of rows) {
      const before = this.#last.get(key);
      if (!before) continue;
      if (!raise(row.counters, before.counters) && this.#isSame(row, before)) rows.set(key, before);
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
