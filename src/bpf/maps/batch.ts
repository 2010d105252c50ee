/** Many entries of a map in few system calls; where the kernel has no batches, one after the other. */
import { allocate, type Block } from '../../native/index.ts';
import { COMMAND, EINVAL, type Element, ENOENT, ENOSPC, ENOTSUPP, EOPNOTSUPP, mapBatch, must } from '../sys/index.ts';
import type { Codec } from './codec.ts';
import type { MapHandle } from './handle.ts';

/** `count` entries: keys one after the other, and their values. */
export interface Chunk {
  readonly count: number;
  readonly keys: Buffer;
  readonly values: Buffer;
}

interface Source<K = unknown, V = unknown> extends MapHandle {
  readonly key: Codec<K>;
  readonly value: Codec<V>;
}

/** Bytes that one batch asks for; more makes it no faster. */
const CHUNK_BYTES = 256 * 1024;
/** Of their keys, in most maps. */
const KEY_BYTES = 32 * 1024;
/** Entries between two chunks where each takes system calls of its own. */
const SINGLES = 256;

/** Of the last one who read a map, for the next one: memory of its own each time is work for the collector of garbage. */
let resting: { readonly keys: Block; readonly values: Block } | undefined;

/** For as many entries as are asked for, or more. */
function roomFor(map: Source, count: number): { readonly keys: Block; readonly values: Block } {
  const room = resting;
  resting = undefined;
  const [keyBytes, valueBytes] = [count * map.key.size, count * map.value.size];
  if (room && room.keys.bytes.length >= keyBytes && room.values.bytes.length >= valueBytes) return room;
  return { keys: allocate(Math.max(KEY_BYTES, keyBytes)), values: allocate(Math.max(CHUNK_BYTES, valueBytes)) };
}

/** The kernel has no batches of this map type or at all (Linux 5.6; per-CPU arrays 5.13, maps in maps 5.15). */
function unsupported(result: number): boolean {
  return result === -ENOTSUPP || result === -EOPNOTSUPP || result === -EINVAL;
}

export function* chunksOf(map: Source, element: Element, remove: boolean): Generator<Chunk, void, undefined> {
  const supported = yield* batches(map, remove);
  if (!supported) yield* singles(map, element, remove);
}

/** False when nothing was read because the kernel cannot. */
function* batches(map: Source, remove: boolean): Generator<Chunk, boolean, undefined> {
  const command = remove ? COMMAND.MAP_LOOKUP_AND_DELETE_BATCH : COMMAND.MAP_LOOKUP_BATCH;
  const entry = map.key.size + map.value.size;
  let capacity = Math.max(1, Math.min(map.maxEntries, Math.floor(CHUNK_BYTES / entry)));
  let room = roomFor(map, capacity);
  let from: Block | undefined;
  let to = allocate(Math.max(8, map.key.size));
  let spare = allocate(to.bytes.length);
  try {
    for (;;) {
      const { keys, values } = room;
      const parts = { mapFd: map.fd, keys, values, count: capacity, to, ...(from ? { from } : {}) };
      const { result, count } = mapBatch(command, parts);
      if (result === -ENOSPC) {
        // A hash bucket is returned whole or not at all: there must be room for the fullest.
        capacity *= 2;
        room = roomFor(map, capacity);
        continue;
      }
      if (from === undefined && unsupported(result)) return false;
      if (result !== -ENOENT) must(result, `reading all entries of map "${map.name}" (${map.type})`);
      if (count > 0) {
        yield {
          count,
          keys: keys.bytes.subarray(0, count * map.key.size),
          values: values.bytes.subarray(0, count * map.value.size),
        };
      }
      if (result === -ENOENT) return true;
      [from, to, spare] = [to, from ?? spare, spare];
    }
  } finally {
    if (room.values.bytes.length <= 2 * CHUNK_BYTES) resting = room;
  }
}

function* singles(map: Source, element: Element, remove: boolean): Generator<Chunk, void, undefined> {
  const keys = Buffer.alloc(SINGLES * map.key.size);
  const values = Buffer.alloc(SINGLES * map.value.size);
  const chunk = (count: number): Chunk => ({
    count,
    keys: keys.subarray(0, count * map.key.size),
    values: values.subarray(0, count * map.value.size),
  });
  // When the key that we stand on is deleted meanwhile, the kernel starts again from the first.
  const seen = new Set<string>();
  let count = 0;
  let result = element.firstKey();
  while (result === 0) {
    const key = element.value.bytes.subarray(0, map.key.size);
    element.key.bytes.set(key);
    const name = key.toString('latin1');
    if (!seen.has(name) && read(element, remove)) {
      seen.add(name);
      element.key.bytes.copy(keys, count * map.key.size);
      element.value.bytes.copy(values, count * map.value.size, 0, map.value.size);
      if (++count === SINGLES) {
        yield chunk(count);
        count = 0;
      }
    }
    result = remove ? element.firstKey() : element.run(COMMAND.MAP_GET_NEXT_KEY);
    if (seen.size > 2 * map.maxEntries) break;
  }
  if (count > 0) yield chunk(count);
}

/** Reads the element's key; false when it is gone already. */
function read(element: Element, remove: boolean): boolean {
  if (!remove) return element.run(COMMAND.MAP_LOOKUP_ELEM) === 0;
  const taken = element.run(COMMAND.MAP_LOOKUP_AND_DELETE_ELEM);
  if (taken === 0 || taken === -ENOENT) return taken === 0;
  const found = element.run(COMMAND.MAP_LOOKUP_ELEM) === 0;
  element.run(COMMAND.MAP_DELETE_ELEM);
  return found;
}

function blockOf<T>(codec: Codec<T>, list: readonly T[]): Block {
  const block = allocate(Math.max(1, codec.size * list.length));
  list.forEach((value, i) => void codec.write(block.view, i * codec.size, value));
  return block;
}

/** False where the kernel cannot. */
export function updateBatch<K, V>(map: Source<K, V>, entries: readonly (readonly [K, V])[]): boolean {
  if (entries.length === 0) return true;
  const keys = blockOf(
    map.key,
    entries.map(([key]) => key),
  );
  const values = blockOf(
    map.value,
    entries.map(([, value]) => value),
  );
  const { result } = mapBatch(COMMAND.MAP_UPDATE_BATCH, { mapFd: map.fd, keys, values, count: entries.length });
  if (unsupported(result)) return false;
  must(result, `writing ${entries.length} entries of map "${map.name}" (${map.type})`);
  return true;
}

/** False where the kernel cannot, or stopped at a key that was not there. */
export function deleteBatch<K>(map: Source<K>, list: readonly K[]): boolean {
  if (list.length === 0) return true;
  const { result } = mapBatch(COMMAND.MAP_DELETE_BATCH, {
    mapFd: map.fd,
    keys: blockOf(map.key, list),
    count: list.length,
  });
  return result >= 0;
}
