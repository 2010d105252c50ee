/** Latencies come from the kernel in octaves, in any order: each histogram gets its room once, when all of its own are there. */
import type { Histogram, TakeNumbers } from '../../aggregate/index.ts';
import { OCTAVE_BUCKETS as BUCKETS } from '../reading.ts';

export class Octaves {
  readonly #histograms: Histogram[] = [];
  readonly #octaves: number[] = [];
  #counts: Float64Array = new Float64Array(256 * BUCKETS);
  readonly #ends = new Map<Histogram, [lowest: number, highest: number]>();

  add(histogram: Histogram, octave: number, counts: Float64Array): void {
    const at = this.#octaves.length * BUCKETS;
    if (at === this.#counts.length) {
      const more = new Float64Array(2 * at);
      more.set(this.#counts);
      this.#counts = more;
    }
    this.#counts.set(counts, at);
    this.#histograms.push(histogram);
    this.#octaves.push(octave);
    const ends = this.#ends.get(histogram);
    if (!ends) this.#ends.set(histogram, [octave, octave]);
    else if (octave < ends[0]) ends[0] = octave;
    else if (octave > ends[1]) ends[1] = octave;
  }

  spread(take?: TakeNumbers): void {
    for (const [histogram, [lowest, highest]] of this.#ends)
      histogram.placeFor(lowest * BUCKETS, (highest - lowest + 1) * BUCKETS, take);
    for (const [at, histogram] of this.#histograms.entries()) {
      const start = histogram.placeFor(this.#octaves[at]! * BUCKETS, BUCKETS);
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        histogram.counts[start + bucket]! += this.#counts[at * BUCKETS + bucket]!;
      }
    }
  }
}
