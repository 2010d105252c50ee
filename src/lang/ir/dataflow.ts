/** Bit-set dataflow over the blocks of a function: the solver behind liveness. */

/** One row of bits a block. */
export class BitRows {
  readonly words: number;
  readonly bits: Uint32Array;

  constructor(rows: number, columns: number) {
    this.words = (columns + 31) >>> 5;
    this.bits = new Uint32Array(rows * this.words);
  }

  has(row: number, column: number): boolean {
    return (this.bits[row * this.words + (column >>> 5)]! & (1 << (column & 31))) !== 0;
  }

  add(row: number, column: number): void {
    this.bits[row * this.words + (column >>> 5)]! |= 1 << (column & 31);
  }

  forEach(row: number, visit: (column: number) => void): void {
    for (let w = 0; w < this.words; w++) {
      let word = this.bits[row * this.words + w]!;
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word);
        visit(w * 32 + bit);
        word &= word - 1;
      }
    }
  }
}

/**
 * entry = use ∪ (exit − def), exit = ∪ entry of successors: both are returned. With predecessors instead of
 * successors it is the forward problem.
 */
export function solveLiveness(
  successors: readonly (readonly number[])[],
  columns: number,
  use: BitRows,
  def: BitRows,
): { entry: BitRows; exit: BitRows } {
  const count = successors.length;
  const entry = new BitRows(count, columns);
  const exit = new BitRows(count, columns);
  const words = entry.words;
  for (let changed = true; changed; ) {
    changed = false;
    for (let b = count - 1; b >= 0; b--) {
      const row = b * words;
      for (const next of successors[b]!) {
        for (let w = 0; w < words; w++) exit.bits[row + w]! |= entry.bits[next * words + w]!;
      }
      for (let w = 0; w < words; w++) {
        const live = (use.bits[row + w]! | (exit.bits[row + w]! & ~def.bits[row + w]!)) >>> 0;
        if (live !== entry.bits[row + w]) {
          entry.bits[row + w] = live;
          changed = true;
        }
      }
    }
  }
  return { entry, exit };
}
