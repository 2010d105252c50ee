/** Random numbers that a seed repeats (xorshift128, Marsaglia 2003). */

export class Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    // Neighbouring seeds must not give alike numbers: spread by the mixer of MurmurHash3.
    for (let i = 0, word = seed; i < 4; i++) {
      word = Math.imul(word ^ (word >>> 16), 0x85ebca6b) + 0x9e3779b9;
      this.#state[i] = word ^ (word >>> 13);
    }
    for (let i = 0; i < 16; i++) this.word();
  }

  /** 32 bits. */
  word(): number {
    const state = this.#state;
    const first = state[0]!;
    const mixed = first ^ (first << 11);
    const last = state[3]!;
    state.copyWithin(0, 1);
    state[3] = last ^ (last >>> 19) ^ mixed ^ (mixed >>> 8);
    return state[3];
  }

  below(limit: number): number {
    return Math.floor((this.word() / 2 ** 32) * limit);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }
}
