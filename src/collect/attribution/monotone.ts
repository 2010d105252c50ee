/** Keeps what was reported from becoming less: what was under way may be booked a little differently when it ends. */

export class Monotone {
  readonly #highest = new Map<string, Float64Array>();

  /** Raises each counter to what it has been, in place. */
  raise(rows: Iterable<readonly [string, { readonly counters: Float64Array }]>): void {
    for (const [key, { counters }] of rows) {
      const highest = this.#highest.get(key);
      if (highest) counters.set(counters.map((value, at) => Math.max(value, highest[at]!)));
      this.#highest.set(key, counters);
    }
  }
}
