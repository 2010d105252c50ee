/** Reads `topk(n)` maps: the CPUs' slots merged by key, and how far the sums may be off. */
import { sizeOf } from '../base/record.ts';
import type { Collection } from '../bpf/index.ts';
import type { ScriptMap } from '../lang/script.ts';
import type { Inexact, RawEntries } from './format/snapshot.ts';

interface Found {
  readonly key: Buffer;
  value: bigint;
  /** How much of the value may have been others'. */
  over: bigint;
}

export function readTop(collection: Collection, map: ScriptMap): RawEntries {
  const { most, slot, ways } = map.top!;
  const found = new Map<string, Found>();
  // A key that is not in a row may have had as much as its smallest slot, on each CPU.
  let hidden = 0n;
  for (const { values, valueSize, count } of rows(collection, map)) {
    const view = new DataView(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < count; i++) {
      let rowHidden = 0n;
      for (let row = i * valueSize; row < (i + 1) * valueSize; row += slot.size * ways) {
        rowHidden += addRow(view, values, row, map, found);
      }
      if (rowHidden > hidden) hidden = rowHidden;
    }
  }
  const largest = [...found.values()]
    .sort((a, b) => (a.value < b.value ? 1 : a.value > b.value ? -1 : 0))
    .slice(0, most);
  const over = largest.reduce((max, one) => (one.over > max ? one.over : max), 0n);
  return { ...entriesOf(largest, sizeOf(map.keyShape!)), ...(hidden > 0n && { inexact: { over, hidden } }) };
}

function* rows(collection: Collection, map: ScriptMap) {
  const table = collection.keyed(map.spec);
  for (const { count, values } of table.chunks({})) {
    yield { count, values: Buffer.from(values), valueSize: table.value.size };
  }
}

/** What a key that is not in the row may have had there: nothing while a slot is free. */
function addRow(
  view: DataView,
  bytes: Buffer,
  row: number,
  { top, keyShape }: ScriptMap,
  found: Map<string, Found>,
): bigint {
  const { slot, ways } = top!;
  const { value, hash, over, key: keyAt } = slot.offsets;
  let least: bigint | undefined;
  for (let at = row; at < row + ways * slot.size; at += slot.size) {
    const held = view.getBigUint64(at + value, true);
    if (least === undefined || held < least) least = held;
    if (view.getBigUint64(at + hash, true) === 0n) continue;
    const key = bytes.subarray(at + keyAt, at + keyAt + sizeOf(keyShape!));
    const text = key.toString('latin1');
    const other = found.get(text);
    const entry = other ?? { key, value: 0n, over: 0n };
    entry.value += held;
    entry.over += view.getBigUint64(at + over, true);
    if (!other) found.set(text, entry);
  }
  return least ?? 0n;
}

/** What is said of a map that had more keys than slots. */
export function inexactText(name: string, { over, hidden }: Inexact): string {
  return `${name} had more keys than room: its values may be up to ${over} too high, and keys with ${hidden} or less may be missing`;
}

function entriesOf(found: readonly Found[], keySize: number): RawEntries {
  const values = new DataView(new ArrayBuffer(found.length * 8));
  for (const [i, { value }] of found.entries()) values.setBigUint64(i * 8, value, true);
  const keys = Buffer.concat(found.map(({ key }) => key));
  return {
    count: found.length,
    keys: new DataView(keys.buffer, keys.byteOffset, keys.length),
    keySize,
    values,
    valueSize: 8,
    copies: [0],
  };
}
