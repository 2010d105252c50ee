/** Rows of numbers out of shared memory: a typed array of its own costs the collector of garbage more than what it holds. */

/** A row that is kept keeps its neighbours, too: few. */
const ROWS = 8;

export class Slab {
  readonly #length: number;
  #memory: Float64Array = new Float64Array(0);
  #used = 0;

  /** Numbers of a row. */
  constructor(length: number) {
    this.#length = length;
  }

  /** Zeros. */
  take(): Float64Array {
    if (this.#used === this.#memory.length) {
      this.#memory = new Float64Array(ROWS * this.#length);
      this.#used = 0;
    }
    this.#used += this.#length;
    return this.#memory.subarray(this.#used - this.#length, this.#used);
  }
}
