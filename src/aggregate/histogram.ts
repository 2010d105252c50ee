/** Exponential histograms of integers: add, merge, subtract, percentiles. Only the buckets between the outermost used ones take memory. */
import { bucketOf, lowerBound } from '../base/exponential.ts';

const NONE = new Float64Array(0);

/** So many zeros, of memory that others may have parts of. */
export type TakeNumbers = (length: number) => Float64Array;
const ownNumbers: TakeNumbers = (length) => new Float64Array(length);

/** Eight buckets to a power of two: a percentile is at most 4.33 % off (docs/json.md). */
export const LATENCY_SCALE = 3;

export class Histogram {
  readonly scale: number;
  /** Values of 0, which lie in no exponential bucket. */
  zeros = 0;
  /** Index of the bucket that `counts[0]` belongs to. */
  offset = 0;
  counts: Float64Array = NONE;

  constructor(scale: number = LATENCY_SCALE) {
    this.scale = scale;
  }

  get total(): number {
    return this.counts.reduce((sum, count) => sum + count, this.zeros);
  }

  add(value: number, count = 1): void {
    if (value < 1) this.zeros += count;
    else this.addBucket(bucketOf(value, this.scale), count);
  }

  /** Adds to a bucket that a BPF program has chosen. */
  addBucket(index: number, count: number): void {
    const at = this.placeFor(index, 1);
    this.counts[at]! += count;
  }

  /**
   * Where in `counts` the bucket `first` is, once there is room for so many from it on; read `counts` after it.
   * Whoever knows all buckets beforehand has room made once, out of `take`.
   */
  placeFor(first: number, length: number, take: TakeNumbers = ownNumbers): number {
    if (first < this.offset || first + length > this.offset + this.counts.length) {
      this.#cover(first, first + length - 1, take);
    }
    return first - this.offset;
  }

  merge(other: Histogram): void {
    this.#combine(other, 1);
  }

  /** Takes away an earlier state of the same histogram: what is left was added since. */
  subtract(earlier: Histogram): void {
    this.#combine(earlier, -1);
  }

  /** What was added since an earlier state of it, in as little memory as that takes, out of `take`. */
  since(earlier: Histogram | undefined, take: TakeNumbers = ownNumbers): Histogram {
    const grown = new Histogram(this.scale);
    grown.zeros = this.zeros - (earlier?.zeros ?? 0);
    const before = (at: number): number => earlier?.counts[this.offset + at - earlier.offset] ?? 0;
    let [first, end] = [0, this.counts.length];
    while (first < end && this.counts[first] === before(first)) first++;
    while (end > first && this.counts[end - 1] === before(end - 1)) end--;
    if (first === end) return grown;
    grown.offset = this.offset + first;
    grown.counts = take(end - first);
    for (let at = first; at < end; at++) grown.counts[at - first] = this.counts[at]! - before(at);
    return grown;
  }

  clone(): Histogram {
    const copy = new Histogram(this.scale);
    copy.zeros = this.zeros;
    copy.offset = this.offset;
    copy.counts = this.counts.slice();
    return copy;
  }

  /** The same counts, as readings of one source have them. */
  equals({ scale, zeros, offset, counts }: Histogram): boolean {
    return this.scale === scale && this.zeros === zeros && this.offset === offset && areEqual(this.counts, counts);
  }

  /** Used buckets, ascending. */
  *buckets(): Generator<{ readonly index: number; readonly count: number }> {
    for (let at = 0; at < this.counts.length; at++) {
      if (this.counts[at]! > 0) yield { index: this.offset + at, count: this.counts[at]! };
    }
  }

  /** The highest used bucket. */
  get highest(): number | undefined {
    const at = this.counts.findLastIndex((count) => count > 0);
    return at < 0 ? undefined : this.offset + at;
  }

  /**
   * The value that a part `quantile` (0..1) of all values do not exceed, by nearest rank; nothing when empty.
   * The harmonic middle of its bucket is off by (r - 1)/(r + 1) for a bucket of ratio r, whichever value it was.
   * `max`, where it is known, is the exact answer for the highest rank and a limit for the others.
   */
  percentile(quantile: number, max = Number.POSITIVE_INFINITY): number | undefined {
    const total = this.total;
    if (total === 0) return undefined;
    const rank = Math.max(1, Math.ceil(quantile * total));
    if (rank >= total && Number.isFinite(max)) return max;
    let seen = this.zeros;
    if (seen >= rank) return 0;
    for (const { index, count } of this.buckets()) {
      seen += count;
      if (seen >= rank) return Math.min(max, this.#middle(index));
    }
    return undefined;
  }

  #middle(index: number): number {
    const low = lowerBound(index, this.scale);
    const high = lowerBound(index + 1, this.scale);
    return (2 * low * high) / (low + high);
  }

  #combine(other: Histogram, sign: 1 | -1): void {
    if (other.scale !== this.scale)
      throw new RangeError(`histograms of scales ${this.scale} and ${other.scale} do not mix`);
    this.zeros += sign * other.zeros;
    for (let at = 0; at < other.counts.length; at++) {
      const count = other.counts[at]!;
      if (count > 0) this.addBucket(other.offset + at, sign * count);
    }
  }

  /** Grows by whole powers of two, so that it happens rarely. */
  #cover(lowest: number, highest: number, take: TakeNumbers): void {
    const step = 2 ** this.scale;
    const first = Math.floor(lowest / step) * step;
    const last = Math.floor(highest / step) * step + step;
    const empty = this.counts.length === 0;
    const start = empty ? first : Math.min(this.offset, first);
    const end = empty ? last : Math.max(this.offset + this.counts.length, last);
    if (end - start === this.counts.length) return;
    const counts = take(end - start);
    if (!empty) counts.set(this.counts, this.offset - start);
    this.offset = start;
    this.counts = counts;
  }
}

function areEqual(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
