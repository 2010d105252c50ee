/** Numbers out of shared memory: a typed array of its own costs the collector of garbage more than what it holds. */

/** Of one piece: whoever keeps a part of it keeps its neighbours, too, so that it is small. */
const PIECE = 512;

export class Slab {
  #memory: Float64Array = new Float64Array(0);
  #used = 0;

  /** So many zeros. */
  readonly take = (length: number): Float64Array => {
    if (length > PIECE / 4) return new Float64Array(length);
    if (this.#used + length > this.#memory.length) {
      this.#memory = new Float64Array(PIECE);
      this.#used = 0;
    }
    this.#used += length;
    return this.#memory.subarray(this.#used - length, this.#used);
  };
}
