/** Maps with keys: single elements, and everything at once through batches. */
import { COMMAND, E2BIG, EEXIST, Element, ENOENT, ENOTSUPP, must } from '../sys/index.ts';
import { type Chunk, chunksOf, deleteBatch, updateBatch } from './batch.ts';
import type { Codec } from './codec.ts';
import { MapHandle, type MapParts } from './handle.ts';

/** BPF_ANY, BPF_NOEXIST, BPF_EXIST. */
const UPDATE_MODE = { any: 0, new: 1, existing: 2 } as const;
export type UpdateMode = keyof typeof UPDATE_MODE;

export class KeyedMap<K, V> extends MapHandle {
  readonly key: Codec<K>;
  readonly value: Codec<V>;
  readonly #element: Element;

  constructor(parts: MapParts, key: Codec<K>, value: Codec<V>) {
    super(parts);
    this.key = key;
    this.value = value;
    this.#element = new Element(parts.fd, key.size, value.size);
  }

  get(key: K): V | undefined {
    this.#putKey(key);
    return this.#found(this.#element.run(COMMAND.MAP_LOOKUP_ELEM));
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /** The value's bytes, valid until the next call on this map; for those who read often and decode by themselves. */
  getRaw(key: K): DataView | undefined {
    this.#putKey(key);
    const result = this.#element.run(COMMAND.MAP_LOOKUP_ELEM);
    if (result === -ENOENT) return undefined;
    must(result, this.doing('reading'));
    return this.#element.value.view;
  }

  /** False where the mode forbids it: `new` and the key exists, `existing` and it does not. */
  set(key: K, value: V, mode: UpdateMode = 'any'): boolean {
    this.#putKey(key);
    this.#element.value.bytes.fill(0);
    this.value.write(this.#element.value.view, 0, value);
    const result = this.#element.run(COMMAND.MAP_UPDATE_ELEM, UPDATE_MODE[mode]);
    if ((mode === 'new' && result === -EEXIST) || (mode === 'existing' && result === -ENOENT)) return false;
    must(result, this.doing('writing'), (errno) =>
      errno === E2BIG ? `the map holds ${this.maxEntries} entries and is full` : undefined,
    );
    return true;
  }

  /** False where there was none. Entries of arrays cannot be deleted. */
  delete(key: K): boolean {
    this.#putKey(key);
    const result = this.#element.run(COMMAND.MAP_DELETE_ELEM);
    if (result === -ENOENT) return false;
    must(result, this.doing('deleting from'));
    return true;
  }

  /** Reads and deletes, in one step from Linux 5.14 on: before, an update between the two is lost. */
  take(key: K): V | undefined {
    this.#putKey(key);
    const result = this.#element.run(COMMAND.MAP_LOOKUP_AND_DELETE_ELEM);
    if (result !== -ENOTSUPP) return this.#found(result);
    const value = this.get(key);
    if (value !== undefined) this.delete(key);
    return value;
  }

  /**
   * All entries as bytes, many at a time; with `remove` each is deleted as it is read. A chunk's bytes are valid
   * until the next. Entries that change meanwhile may be missed.
   */
  chunks(options: { readonly remove?: boolean } = {}): Generator<Chunk, void, undefined> {
    return chunksOf(this, this.#element, options.remove ?? false);
  }

  *entries(): Generator<[K, V], void, undefined> {
    for (const { count, keys, values } of this.chunks()) {
      const keyView = viewOf(keys);
      const valueView = viewOf(values);
      for (let i = 0; i < count; i++) {
        yield [this.key.read(keyView, i * this.key.size), this.value.read(valueView, i * this.value.size)];
      }
    }
  }

  *keys(): Generator<K, void, undefined> {
    for (const { count, keys } of this.chunks()) {
      const view = viewOf(keys);
      for (let i = 0; i < count; i++) yield this.key.read(view, i * this.key.size);
    }
  }

  [Symbol.iterator](): Generator<[K, V], void, undefined> {
    return this.entries();
  }

  /** Writes many entries, in one system call where the kernel can (Linux 5.6). */
  setMany(entries: Iterable<readonly [K, V]>): void {
    const list = [...entries];
    if (!updateBatch(this, list)) for (const [key, value] of list) this.set(key, value);
  }

  /** Deletes what there is of these keys. */
  deleteMany(keys: Iterable<K>): void {
    const list = [...keys];
    if (!deleteBatch(this, list)) for (const key of list) this.delete(key);
  }

  /** Deletes every entry (not of arrays). */
  clear(): void {
    for (const _ of this.chunks({ remove: true }));
  }

  #putKey(key: K): void {
    this.#element.key.bytes.fill(0);
    this.key.write(this.#element.key.view, 0, key);
  }

  #found(result: number): V | undefined {
    if (result === -ENOENT) return undefined;
    must(result, this.doing('reading'));
    return this.value.read(this.#element.value.view, 0);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
