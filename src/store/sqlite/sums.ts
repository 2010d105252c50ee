/** Sums of series while blocks are added to them. */
import { Histogram } from '../../aggregate/index.ts';
import { countersOf, KINDS, type KindName } from '../kinds.ts';
import { addTail, type Tail, type Target } from './block.ts';

const FIRST_ROOM = 64;

export interface SumsOptions {
  /** The number of a series' sum; -1 where it is not wanted. A new one is the number of those before. */
  readonly slotOf: (id: number) => number;
  /** Later: for whoever wants few of them. */
  readonly histograms?: 'now' | 'later' | 'never';
}

/** A counter of all series is one array: a thousand series are added to in one go. */
export class Sums implements Target {
  readonly slotOf: (id: number) => number;
  readonly histograms: Histogram[] | undefined;
  readonly leave: (tail: Tail) => void;
  readonly #tails: Tail[] = [];
  readonly #counters: number;
  readonly #columns: (Float64Array | undefined)[] = [];
  #length = 0;

  constructor(kind: KindName, { slotOf, histograms = 'now' }: SumsOptions) {
    this.#counters = countersOf(kind).length;
    this.histograms = histograms === 'now' && KINDS[kind].histogram !== null ? [] : undefined;
    this.leave = (tail) => {
      if (histograms === 'later') this.#tails.push(tail);
    };
    // By number: they count from 1 on, and a million are looked up for a day of thousands of statements.
    const known: (number | undefined)[] = [];
    this.slotOf = (id) => {
      const again = known[id];
      if (again !== undefined) return again;
      const slot = slotOf(id);
      if (slot >= this.#length) this.#begin(slot);
      known[id] = slot;
      return slot;
    };
  }

  column(place: number): Float64Array {
    const column = this.#columns[place];
    if (column && column.length >= this.#length) return column;
    const grown = new Float64Array(Math.max(FIRST_ROOM, 2 ** Math.ceil(Math.log2(this.#length))));
    if (column) grown.set(column);
    this.#columns[place] = grown;
    return grown;
  }

  /** Counters that no block had are 0. */
  row(slot: number): { readonly values: Float64Array; readonly histogram?: Histogram } {
    const values = new Float64Array(this.#counters);
    for (const [place, column] of this.#columns.entries()) values[place] = column?.[slot] ?? 0;
    const histogram = this.histograms?.[slot];
    return { values, ...(histogram && { histogram }) };
  }

  /** Those that were left. */
  histogramsOf(slots: readonly number[]): readonly Histogram[] {
    const histograms: (Histogram | undefined)[] = new Array(this.#length).fill(undefined);
    for (const slot of slots) histograms[slot] = new Histogram();
    for (const tail of this.#tails) addTail(tail, histograms);
    return slots.map((slot) => histograms[slot]!);
  }

  #begin(slot: number): void {
    this.#length = slot + 1;
    this.histograms?.push(new Histogram());
  }
}
