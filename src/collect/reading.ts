/** Reads a script's maps of records: numbers by field, the CPUs' copies merged. */
import { LATENCY_SCALE } from '../aggregate/index.ts';
import type { RecordShape } from '../base/record.ts';
import type { Collection } from '../bpf/index.ts';
import { type MapLayout, readParts } from '../tracer/index.ts';

/** One entry: its key's bytes, and its value's fields in the order of the declaration. */
export type OnEntry = (key: DataView, offset: number, row: Float64Array) => void;

/** Counters of one power of two ns, which records have several of: `struct octave` of attribution. `counts` is reused. */
export type OnOctave = (key: DataView, offset: number, exponent: number, counts: Float64Array) => void;
export const OCTAVE_BUCKETS: number = 2 ** LATENCY_SCALE;

export interface KeptEntry {
  readonly key: DataView;
  readonly row: Float64Array;
  /** Counts by exponent. */
  readonly octaves: ReadonlyMap<number, Float64Array>;
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
 * A map whose values are records of 8-byte counters, and perhaps of octaves, which are told one by one, those of each CPU.
 * Fields `max` and `NAME_max` merge to the largest, and are those since the reading before: `before` and `NAME_before` belong
 * to them, `epoch` says when they were kept. All others merge to the sum.
 */
export class CounterMap {
  /** In the order of `row`: of maxima what they come to. */
  readonly fields: readonly string[];
  readonly #map: MapLayout;
  readonly #collection: Collection;
  readonly #columns: readonly Column[];
  readonly #octavesAt: readonly number[];
  readonly #kept: Iterable<KeptEntry>;
  readonly #epoch: number;
  readonly #epochAt: number;

  constructor(map: MapLayout, collection: Collection, { kept = [], epoch = 0 }: ReadingOptions = {}) {
    this.#kept = kept;
    this.#map = map;
    this.#collection = collection;
    this.#epoch = epoch;
    const { fields, offsets } = this.#map.valueShape as RecordShape;
    const at = (field: string): number => offsets[field] ?? -1;
    this.#epochAt = at('epoch');
    const all = Object.keys(fields);
    const isOctave = (field: string): boolean => fields[field]!.kind === 'record';
    this.#octavesAt = all.filter(isOctave).map(at);
    this.fields = all.filter((field) => field !== 'epoch' && !field.endsWith('before') && !isOctave(field));
    this.#columns = this.fields.map((field) => ({
      at: at(field),
      beforeAt: isMaximum(field) ? at(field.replace(/max$/, 'before')) : undefined,
    }));
  }

  /** Every entry of now; `row` is reused from one to the next. */
  read(onEntry: OnEntry, onOctave?: OnOctave): void {
    this.readKernel(onEntry, onOctave);
    for (const { key, row, octaves } of this.#kept) {
      onEntry(key, 0, row.slice());
      if (onOctave) for (const [exponent, counts] of octaves) onOctave(key, 0, exponent, counts);
    }
  }

  /** Those that are in the kernel. */
  readKernel(onEntry: OnEntry, onOctave?: OnOctave): void {
    const row = new Float64Array(this.fields.length);
    for (const { count, keys, keySize, values, valueSize, copies } of readParts(this.#collection, this.#map)) {
      for (let i = 0; i < count; i++) {
        row.fill(0);
        for (const copy of copies) this.#add(row, values, i * valueSize + copy);
        onEntry(keys, i * keySize, row);
        if (!onOctave) continue;
        for (const copy of copies) {
          this.#readOctaves(values, i * valueSize + copy, (exponent, counts) =>
            onOctave(keys, i * keySize, exponent, counts),
          );
        }
      }
    }
  }

  #readOctaves(view: DataView, offset: number, onOne: (exponent: number, counts: Float64Array) => void): void {
    for (const at of this.#octavesAt) {
      const exponent = counterAt(view, offset + at);
      if (exponent === 0) continue;
      for (let bucket = 0; bucket < OCTAVE_BUCKETS; bucket++) {
        OCTAVE[bucket] = counterAt(view, offset + at + 8 + 8 * bucket);
      }
      onOne(exponent, OCTAVE);
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

const OCTAVE = new Float64Array(OCTAVE_BUCKETS);

export const isMaximum = (field: string): boolean => field.endsWith('max');

/** A u64 as a number: exact to 2^53, which nanoseconds reach after 104 days of one CPU. */
const counterAt = (view: DataView, offset: number): number =>
  view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
