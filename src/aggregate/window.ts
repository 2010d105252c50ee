/** Counters that only grow in the kernel become what happened within a window of time. */

/**
 * How a field behaves: a `sum` grows, `max` and `last` hold a value.
 * Two rows become one, and two readings of a row become a window, by this rule.
 */
export type FieldRule = 'sum' | 'max' | 'last';

/** Adds row `from` to row `into`: CPUs, users or queries that one key is to stand for. */
export function mergeRow(rules: readonly FieldRule[], into: Float64Array, from: Float64Array): void {
  for (let at = 0; at < rules.length; at++) mergeField(rules[at]!, into, from, at);
}

export function mergeField(rule: FieldRule, into: Float64Array, from: Float64Array, at: number): void {
  if (rule === 'sum') into[at]! += from[at]!;
  else into[at] = rule === 'max' ? Math.max(into[at]!, from[at]!) : from[at]!;
}

/** Remembers the last reading of every key. A key that is missing from a reading is forgotten. */
export class Windows {
  readonly #rules: readonly FieldRule[];
  #last: ReadonlyMap<string, Float64Array> = new Map();

  constructor(rules: readonly FieldRule[]) {
    this.#rules = rules;
  }

  /**
   * The growth of each key since the last reading; keys without any are left out.
   * `max` and `last` cannot be subtracted: they stay as read.
   */
  advance(reading: ReadonlyMap<string, Float64Array>): Map<string, Float64Array> {
    const window = new Map<string, Float64Array>();
    for (const [key, now] of reading) {
      const growth = growthOf(this.#rules, now, this.#last.get(key));
      if (growth) window.set(key, growth);
    }
    this.#last = reading;
    return window;
  }
}

/** Nothing where nothing was added. A sum below its last reading was deleted and started again: all of it is new. */
export function growthOf(
  rules: readonly FieldRule[],
  now: Float64Array,
  before: Float64Array | undefined,
): Float64Array | undefined {
  const growth = now.slice();
  return growBy(rules, growth, before) ? growth : undefined;
}

/** The same in place of what was read; false where nothing was added. */
export function growBy(rules: readonly FieldRule[], now: Float64Array, before: Float64Array | undefined): boolean {
  if (before && !hasRestarted(rules, now, before)) {
    for (let at = 0; at < rules.length; at++) if (rules[at] === 'sum') now[at]! -= before[at]!;
  }
  for (let at = 0; at < rules.length; at++) if (rules[at] === 'sum' && now[at]! > 0) return true;
  return false;
}

function hasRestarted(rules: readonly FieldRule[], now: Float64Array, before: Float64Array): boolean {
  for (let at = 0; at < rules.length; at++) if (rules[at] === 'sum' && now[at]! < before[at]!) return true;
  return false;
}
