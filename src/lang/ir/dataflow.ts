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

/** The edges that facts travel against (liveness), and the order in which most of them are seen once. */
export interface Flow {
  readonly next: readonly (readonly number[])[];
  readonly direction: 'backward' | 'forward';
}

/**
 * near = use ∪ (far − def), far = ∪ near of `next`. Backward over successors, near is a block's entry and far its
 * exit; forward over predecessors it is the other way round. Blocks are expected in an order where most edges go on.
 */
export function solve(
  { next, direction }: Flow,
  columns: number,
  use: BitRows,
  def?: BitRows,
): { near: BitRows; far: BitRows } {
  const count = next.length;
  const near = new BitRows(count, columns);
  const far = new BitRows(count, columns);
  const words = near.words;
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < count; i++) {
      const b = direction === 'forward' ? i : count - 1 - i;
      const row = b * words;
      for (const other of next[b]!) {
        for (let w = 0; w < words; w++) far.bits[row + w]! |= near.bits[other * words + w]!;
      }
      for (let w = 0; w < words; w++) {
        const kept = def ? far.bits[row + w]! & ~def.bits[row + w]! : far.bits[row + w]!;
        const live = (use.bits[row + w]! | kept) >>> 0;
        if (live === near.bits[row + w]) continue;
        near.bits[row + w] = live;
        changed = true;
      }
    }
  }
  return { near, far };
}
