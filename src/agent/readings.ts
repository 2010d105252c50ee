/** Readings of the last minutes, from which rows of any window between two of them are made. */
import type { TimeRange } from '../store/index.ts';

interface Timed<Reading> {
  readonly atMs: number;
  readonly reading: Reading;
}

const KEEP_MS = 15 * 60_000;
/** The last minute can be asked for in steps of ten seconds, what is older in steps of a minute: a reading holds every statement. */
const FINE_MS = 10_000;
const COARSE_MS = 60_000;

export class Readings<Reading> {
  /** Oldest first. */
  #kept: readonly Timed<Reading>[] = [];

  add(atMs: number, reading: Reading): void {
    const last = this.#kept.at(-2);
    // The newest is always there; the one before it only where it is far enough from its neighbour.
    const kept = last && this.#kept.at(-1)!.atMs - last.atMs < FINE_MS ? this.#kept.slice(0, -1) : this.#kept;
    this.#kept = [...thinned(kept, atMs), { atMs, reading }];
  }

  /** The two nearest to the ends of the range; nothing where they are one. */
  between({ fromMs, toMs }: TimeRange): readonly [before: Reading, after: Reading] | undefined {
    const nearest = (ms: number): number =>
      this.#kept.reduce((best, { atMs }, at) => {
        return Math.abs(atMs - ms) < Math.abs(this.#kept[best]!.atMs - ms) ? at : best;
      }, 0);
    const [first, last] = [nearest(fromMs), nearest(toMs)];
    return first < last ? [this.#kept[first]!.reading, this.#kept[last]!.reading] : undefined;
  }
}

function thinned<Reading>(kept: readonly Timed<Reading>[], nowMs: number): Timed<Reading>[] {
  const result: Timed<Reading>[] = [];
  for (const one of kept) {
    const age = nowMs - one.atMs;
    const before = result.at(-1);
    if (age > KEEP_MS) continue;
    if (age > COARSE_MS && before && one.atMs - before.atMs < COARSE_MS) continue;
    result.push(one);
  }
  return result;
}
