/** Sums that were taken out of the kernel because nobody adds to them any more: they are read as if they were there. */
import type { KeyedMap } from '../../bpf/index.ts';
import { isMaximum, type KeptEntry, OCTAVE_BUCKETS } from '../reading.ts';

/** Numbers of the slot come first in every key. */
const SLOT_BYTES = 4;

/** As `struct octave` is decoded. */
interface Octave {
  readonly exponent: bigint;
  readonly count: readonly bigint[];
}

interface RetiredRow extends KeptEntry {
  readonly octaves: Map<number, Float64Array>;
}

type Value = Readonly<Record<string, bigint | Octave>>;

/** Of one map. Rows of one statement are added up, under the first slot that it had. */
export class RetiredRows {
  /** By slot, then by the whole key. */
  readonly #rows = new Map<number, Map<string, RetiredRow>>();
  readonly #fields: readonly string[];

  constructor(fields: readonly string[]) {
    this.#fields = fields;
  }

  *[Symbol.iterator](): Generator<RetiredRow> {
    for (const rows of this.#rows.values()) yield* rows.values();
  }

  /** From now on nothing is known of these slots. */
  forget(slots: Iterable<number>): void {
    for (const slot of slots) this.#rows.delete(slot);
  }

  /** Takes all rows of these slots, each to the slot that it is to be counted with. */
  take(map: KeyedMap<unknown, unknown>, slots: ReadonlyMap<number, number>): void {
    const keys = [...map.keys()].map((key) => ({ key, bytes: bytesOf(map, key) }));
    for (const { key, bytes } of keys) {
      const slot = slots.get(bytes.getUint32(0, true));
      if (slot === undefined) continue;
      const values = map.take(key) as readonly Value[] | undefined;
      bytes.setUint32(0, slot, true);
      if (values) this.#add(bytes, values);
    }
  }

  #add(key: DataView, values: readonly Value[]): void {
    const slot = key.getUint32(0, true);
    const rows = this.#rows.get(slot) ?? new Map<string, RetiredRow>();
    this.#rows.set(slot, rows);
    const name = Buffer.from(key.buffer).toString('latin1');
    const known = rows.get(name) ?? { key, row: new Float64Array(this.#fields.length), octaves: new Map() };
    rows.set(name, known);
    // Maxima are those since the last reading: there was nothing.
    for (const value of values) {
      for (const [at, field] of this.#fields.entries()) if (!isMaximum(field)) known.row[at]! += Number(value[field]);
      for (const part of Object.values(value)) if (typeof part === 'object') addOctave(known.octaves, part);
    }
  }
}

function addOctave(octaves: Map<number, Float64Array>, { exponent, count }: Octave): void {
  if (exponent === 0n) return;
  const counts = octaves.get(Number(exponent)) ?? new Float64Array(OCTAVE_BUCKETS);
  octaves.set(Number(exponent), counts);
  for (const [bucket, n] of count.entries()) counts[bucket]! += Number(n);
}

function bytesOf(map: KeyedMap<unknown, unknown>, key: unknown): DataView {
  const bytes = new DataView(new ArrayBuffer(Math.max(SLOT_BYTES, map.key.size)));
  map.key.write(bytes, 0, key);
  return bytes;
}
