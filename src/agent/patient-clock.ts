/** The clock by which history grows old: it follows the wall clock, but forward no faster than ten times, so that a clock set wrong for an hour deletes no more than ten. */

const FASTEST = 10;

export class PatientClock {
  #ms: number;
  #monotonicMs: number;

  /** Begins where history ends: nobody knows whether the time since then has really passed. */
  constructor(newestMs: number, monotonicMs: number) {
    this.#ms = newestMs;
    this.#monotonicMs = monotonicMs;
  }

  advance(wallMs: number, monotonicMs: number): number {
    this.#ms = Math.min(wallMs, this.#ms + FASTEST * (monotonicMs - this.#monotonicMs));
    this.#monotonicMs = monotonicMs;
    return this.#ms;
  }
}
