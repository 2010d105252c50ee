/** Reads a script's maps of records: numbers by field, the CPUs' copies merged. */
import type { RecordShape } from '../base/record.ts';
import type { Collection } from '../bpf/index.ts';
import type { ScriptMap } from '../lang/index.ts';
import { readParts } from '../tracer/index.ts';

/** One entry: its key's bytes, and its value's fields in the order of the declaration. */
export type OnEntry = (key: DataView, offset: number, row: Float64Array) => void;

export interface KeptEntry {
  readonly key: DataView;
  readonly row: Float64Array;
}

/** A map whose values are records of 8-byte counters; fields whose name ends in `max` merge to the largest, others to the sum. */
export class CounterMap {
  readonly fields: readonly string[];
  readonly #map: ScriptMap;
  readonly #collection: Collection;
  readonly #isMax: readonly boolean[];
  readonly #kept: Iterable<KeptEntry>;

  /** `kept`: entries that are not in the kernel any more. */
  constructor(map: ScriptMap, collection: Collection, kept: Iterable<KeptEntry> = []) {
    this.#kept = kept;
    this.#map = map;
    this.#collection = collection;
    this.fields = Object.keys((this.#map.valueShape as RecordShape).fields);
    this.#isMax = this.fields.map((field) => field.endsWith('max'));
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
    for (let field = 0; field < row.length; field++) {
      const value = counterAt(view, offset + field * 8);
      row[field] = this.#isMax[field] ? Math.max(row[field]!, value) : row[field]! + value;
    }
  }
}

/** A u64 as a number: exact to 2^53, which nanoseconds reach after 104 days of one CPU. */
const counterAt = (view: DataView, offset: number): number =>
  view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
