/**
 * A bounded number of series with names of their own, and `other` for all that is beside them.
 *
 * Counters must not fall: a query that gets a series of its own counts from that moment on, and what it did before stays in `other`;
 * one that loses its series leaves there what it had, and so does one that is there no more. All together are always the sum of everything.
 */

export interface TopSeries<Name> {
  readonly key: string;
  readonly name: Name;
  readonly values: Float64Array;
  /** When it began to count for itself; absent: with everything. */
  readonly sinceMs: number | undefined;
}

interface Member<Name> extends Pick<TopSeries<Name>, 'sinceMs'> {
  readonly name: Name;
  /** What it had counted when it got its series. */
  readonly base: Float64Array;
  /** Its last value, for when it disappears. */
  values: Float64Array;
}

/** Newcomers must have done so many times as much as the least of those that are in. */
const TO_REPLACE = 2;
/** What was done so long ago counts half: a quiet minute, or somebody who reads every second, changes no order. */
const HALF_LIFE_MS = 5 * 60_000;

export class TopTracker<Name> {
  readonly #most: number;
  readonly #score: (growth: Float64Array) => number;
  readonly #members = new Map<string, Member<Name>>();
  #last = new Map<string, Float64Array>();
  /** Of those that are there no more. */
  #gone: Float64Array = new Float64Array(0);
  #scores: ReadonlyMap<string, number> = new Map();
  /** Of the reading before. */
  #lastMs: number | undefined;
  other: Float64Array = new Float64Array(0);

  constructor(most: number, score: (growth: Float64Array) => number) {
    this.#most = most;
    this.#score = score;
  }

  /** `now` counts from the start, and was read at `atMs`. Sums only: `other` is what is left of the total. */
  advance(
    now: ReadonlyMap<string, { readonly name: Name; readonly values: Float64Array }>,
    atMs: number,
  ): TopSeries<Name>[] {
    for (const [key, values] of this.#last) if (!now.has(key)) this.#gone = totalOf([this.#gone, values]);
    this.#choose(now, atMs);
    const series = [...this.#members].map(([key, member]) => {
      const values = now.get(key)?.values;
      if (values) member.values = values;
      const { name, sinceMs } = member;
      return { key, name, sinceMs, values: member.values.map((value, at) => value - member.base[at]!) };
    });
    this.other = totalOf([this.#gone, ...[...now.values()].map(({ values }) => values)]);
    for (const { values } of series) add(this.other, values, -1);
    this.#last = new Map([...now].map(([key, { values }]) => [key, values]));
    this.#lastMs = atMs;
    return series;
  }

  #choose(now: ReadonlyMap<string, { readonly name: Name; readonly values: Float64Array }>, atMs: number): void {
    for (const key of this.#members.keys()) if (!now.has(key)) this.#members.delete(key);
    const kept = 0.5 ** (Math.max(0, atMs - (this.#lastMs ?? atMs)) / HALF_LIFE_MS);
    const scored = [...now].map(([key, { name, values }]) => {
      const last = this.#last.get(key);
      const grown = this.#score(last ? values.map((value, at) => value - last[at]!) : values);
      return { key, name, values, score: grown + kept * (this.#scores.get(key) ?? 0) };
    });
    const scores = new Map(scored.map(({ key, score }) => [key, score]));
    this.#scores = scores;
    for (const { key, name, values, score } of scored.toSorted((a, b) => b.score - a.score)) {
      if (this.#members.has(key)) continue;
      if (this.#members.size >= this.#most && !this.#replaceOne(score, scores)) break;
      this.#members.set(key, {
        name,
        values,
        sinceMs: this.#lastMs,
        base:
          this.#lastMs === undefined
            ? new Float64Array(values.length)
            : (this.#last.get(key) ?? new Float64Array(values.length)),
      });
    }
  }

  #replaceOne(score: number, scores: ReadonlyMap<string, number>): boolean {
    const least = [...this.#members.keys()].reduce<string | undefined>(
      (lowest, key) => (lowest === undefined || scores.get(key)! < scores.get(lowest)! ? key : lowest),
      undefined,
    );
    if (least === undefined || score <= TO_REPLACE * scores.get(least)!) return false;
    this.#members.delete(least);
    return true;
  }
}

function totalOf(rows: readonly Float64Array[]): Float64Array {
  const total = new Float64Array(rows.reduce((most, { length }) => Math.max(most, length), 0));
  for (const row of rows) add(total, row, 1);
  return total;
}

function add(to: Float64Array, values: Float64Array, sign: 1 | -1): void {
  for (let at = 0; at < values.length; at++) to[at]! += sign * values[at]!;
}
