/** The script's maps in the kernel: read whole, cleared, zeroed. */
import { alignUp, sizeOf } from '../base/record.ts';
import type { Collection, KeyedMap } from '../bpf/index.ts';
import type { ScriptMap } from '../lang/script.ts';
import type { RawEntries } from './format/snapshot.ts';
import { readTop } from './top-k.ts';

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** All entries of a map; what changes meanwhile may be missed. `take`: none of them is left. */
export function readMap(collection: Collection, map: ScriptMap, take = false): RawEntries {
  if (map.top) {
    const found = readTop(collection, map);
    if (take) clearMap(collection, map);
    return found;
  }
  const table = collection.keyed(map.spec);
  const keys: Buffer[] = [];
  const values: Buffer[] = [];
  let count = 0;
  for (const part of tablesOf(collection, map)) {
    for (const chunk of part.chunks({ remove: take })) {
      count += chunk.count;
      keys.push(Buffer.from(lengthened(chunk.keys, part.key.size, table.key.size)));
      values.push(Buffer.from(chunk.values));
    }
  }
  return {
    count,
    keys: viewOf(Buffer.concat(keys)),
    keySize: table.key.size,
    values: viewOf(Buffer.concat(values)),
    valueSize: table.value.size,
    copies: copiesOf(map, table),
  };
}

/** The kernel's maps that the script's is made of. */
const tablesOf = (collection: Collection, { spec, short }: MapLayout): KeyedMap<unknown, unknown>[] =>
  [spec, short].flatMap((name) => name ?? []).map((name) => collection.keyed(name));

/** Zeros behind each key of a map of short ones. */
function lengthened(keys: Buffer, size: number, wanted: number): Buffer {
  if (size === wanted) return keys;
  const long = Buffer.alloc((keys.length / size) * wanted);
  for (let from = 0, to = 0; from < keys.length; from += size, to += wanted) keys.copy(long, to, from, from + size);
  return long;
}

/** What reading it needs to know. */
export type MapLayout = Pick<ScriptMap, 'spec' | 'short' | 'perCpu' | 'valueShape'>;

/** The same part by part, without copying values: each part's bytes are valid until the next. Not of top-k maps. */
export function* readParts(collection: Collection, map: MapLayout): Generator<RawEntries, void, undefined> {
  const table = collection.keyed(map.spec);
  const shape = { keySize: table.key.size, valueSize: table.value.size, copies: copiesOf(map, table) };
  for (const part of tablesOf(collection, map)) {
    for (const { count, keys, values } of part.chunks()) {
      const whole = lengthened(keys, part.key.size, table.key.size);
      yield { count, keys: viewOf(whole), values: viewOf(values), ...shape };
    }
  }
}

/** Where the CPUs' copies start in what the kernel gives for one key. */
function copiesOf(map: MapLayout, table: KeyedMap<unknown, unknown>): number[] {
  const step = map.perCpu ? alignUp(sizeOf(map.valueShape), 8) : table.value.size;
  return Array.from({ length: Math.floor(table.value.size / step) }, (_, cpu) => cpu * step);
}

/** clear(): no entry is left; a scalar is as if it had never been assigned. */
export function clearMap(collection: Collection, map: ScriptMap): void {
  const table = collection.keyed(map.spec);
  if (map.top) for (let row = 0; row < map.top.rows; row++) table.set(row, zeros(table, map, false));
  else if (map.key) for (const part of tablesOf(collection, map)) part.clear();
  else table.set(0, zeros(table, map, false));
}

/** zero(): every value becomes 0, and the entries stay. */
export function zeroMap(collection: Collection, map: ScriptMap): void {
  if (map.top) return clearMap(collection, map);
  const table = collection.keyed(map.spec);
  if (map.key) {
    const zero = zeros(table, map, true);
    for (const part of tablesOf(collection, map)) {
      for (const key of [...part.keys()]) part.set(key, zero, 'existing');
    }
  } else if (isAssigned(table, map)) {
    table.set(0, zeros(table, map, true));
  }
}

function zeros(table: KeyedMap<unknown, unknown>, map: ScriptMap, assigned: boolean): unknown {
  const view = new DataView(new ArrayBuffer(table.value.size));
  if (assigned && map.setOffset !== undefined) {
    for (const copy of copiesOf(map, table)) view.setBigUint64(copy + map.setOffset, 1n, true);
  }
  return table.value.read(view, 0);
}

function isAssigned(table: KeyedMap<unknown, unknown>, map: ScriptMap): boolean {
  const { setOffset } = map;
  const value = table.getRaw(0);
  if (setOffset === undefined || value === undefined) return true;
  return copiesOf(map, table).some((copy) => value.getBigUint64(copy + setOffset, true) !== 0n);
}
