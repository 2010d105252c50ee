/** Reads a script's maps of records: numbers by field, the CPUs' copies merged. */
import type { RecordShape } from '../base/record.ts';
import type { Collection } from '../bpf/index.ts';
import { type MapLayout, readParts } from '../tracer/index.ts';

/** One entry: its key's bytes, and its value's fields in the order of the declaration. */
export type OnEntry = (key: DataView, offset: number, row: Float64Array) => void;

export interface KeptEntry {
  readonly key: DataView;
  readonly row: Float64Array;
}

interface Column {
  /** Where it stands in a CPU's copy. */
  readonly at: number;
  /** Of a maximum: what it was in the epoch before; undefined for a sum. */
  readonly beforeAt: number | undefined;
}

export interface ReadingOptions {
  /** Entries that are not in the kernel any more. */
  readonly kept?: Iterable<KeptEntry> | undefined;
  /** That this reading has begun, in the kernel, too. */
  readonly epoch?: number;
}

/**
 * A map whose values are records of 8-byte counters. Fields `max` and `NAME_max` merge to the largest, and are those since the
 * reading before: `before` and `NAME_before` belong to them, `epoch` says when they were kept. All others merge to the sum.
 */
export class CounterMap {
  /** In the order of `row`: of maxima what they come to. */
  readonly fields: readonly string[];
  readonly #map: MapLayout;
  readonly #collection: Collection;
  readonly #columns: readonly Column[];
  readonly #kept: Iterable<KeptEntry>;
  readonly #epoch: number;
  readonly #epochAt: number;

  constructor(map: MapLayout, collection: Collection, { kept = [], epoch = 0 }: ReadingOptions = {}) {
    this.#kept = kept;
    this.#map = map;
    this.#collection = collection;
    this.#epoch = epoch;
    const all = Object.keys((this.#map.valueShape as RecordShape).fields);
    const at = (field: string): number => all.indexOf(field) * 8;
    this.#epochAt = at('epoch');
    this.fields = all.filter((field) => field !== 'epoch' && !field.endsWith('before'));
    this.#columns = this.fields.map((field) => ({
      at: at(field),
      beforeAt: isMaximum(field) ? at(field.replace(/max$/, 'before')) : undefined,
    }));
  }

  /** Every entry of now; `row` is reused from one to the next. */
  read(onEntry: OnEntry): void {
    this.readKernel(onEntry);
    for (const { key, row } of this.#kept) onEntry(key, 0, row.slice());
  }

  /** Those that are in the kernel. */
  readKernel(onEntry: OnEntry): void {
    const row = new Float64Array(this.fields.length);
    for (const { count, keys, keySize, values, valueSize, copies } of readParts(this.#collection, this.#map)) {
      for (let i = 0; i < count; i++) {
        row.fill(0);
        for (const copy of copies) this.#add(row, values, i * valueSize + copy);
        onEntry(keys, i * keySize, row);
      }
    }
  }

  #add(row: Float64Array, view: DataView, offset: number): void {
    for (let column = 0; column < row.length; column++) {
      const { at, beforeAt } = this.#columns[column]!;
      const value = counterAt(view, offset + at);
      if (beforeAt === undefined) row[column]! += value;
      else row[column] = Math.max(row[column]!, this.#maximum(view, offset, value, beforeAt));
    }
  }

  /** What a CPU has kept since the last reading; it may have seen already that this one has begun. */
  #maximum(view: DataView, offset: number, value: number, beforeAt: number): number {
    const behind = this.#epoch - counterAt(view, offset + this.#epochAt);
    if (behind === 0) return Math.max(value, counterAt(view, offset + beforeAt));
    return behind === 1 ? value : 0;
  }
}

export const isMaximum = (field: string): boolean => field.endsWith('max');

/** A u64 as a number: exact to 2^53, which nanoseconds reach after 104 days of one CPU. */
const counterAt = (view: DataView, offset: number): number =>
  view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
