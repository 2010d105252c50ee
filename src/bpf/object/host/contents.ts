/** What is in an object's maps, with keys and values decoded by their types. */
import { readdirSync } from 'node:fs';
import { alignUp } from '../../../base/record.ts';
import { type Btf, type BtfValue, type ValueReader, valueReader } from '../../btf/index.ts';
import type { Collection } from '../../collection.ts';
import { ArenaMap, CgroupStorageMap, KeyedMap, MapHandle, QueueMap, TaskStorageMap } from '../../maps/index.ts';
import { mapKind } from '../../maps/kinds.ts';
import type { MapSpec, MapType } from '../../spec/index.ts';
import {
  closeFd,
  ENOENT,
  ESRCH,
  fdById,
  KernelError,
  mapInfo,
  possibleCpus,
  threadsHaveDescriptors,
} from '../../sys/index.ts';
import { cgroupPaths, cgroupRoot } from './cgroups.ts';
import { bytesValue } from './load.ts';

export interface MapEntry {
  /** null where the map has no keys. */
  readonly key: BtfValue;
  /** One for each possible CPU in per-CPU maps; of maps of maps the inner entries. */
  readonly value: BtfValue;
}

/** Why a map's entries cannot be told. */
const UNLISTED: Partial<Record<MapType, string>> = {
  ringbuf: 'its records were read as they came',
  perf_event_array: 'its records were read as they came',
  bloom_filter: 'a bloom filter can only be asked',
};

export class MapReader {
  readonly #collection: Collection;
  readonly #btf: Btf | undefined;

  constructor(collection: Collection, btf: Btf | undefined) {
    this.#collection = collection;
    this.#btf = btf;
  }

  /** undefined for maps whose entries can be read. */
  unlisted({ type, pin, types }: MapSpec): string | undefined {
    const { access } = mapKind(type);
    if (access === 'memory' && types === undefined) return 'it has memory, and no variables that could be told';
    if (access === 'none' || access === 'bloom')
      return UNLISTED[type] ?? `entries of a map of type ${type} cannot be read`;
    if (access === 'queue' && pin !== undefined) return 'reading would take the entries from others: the map is pinned';
    if (type === 'cgroup_storage' && cgroupRoot() === undefined)
      return 'its entries are at cgroups, and no file system of them (cgroup2) is mounted';
    return undefined;
  }

  /** What of the entries cannot be asked for; undefined: all can. */
  incomplete({ type }: MapSpec): string | undefined {
    return type === 'task_storage' && !threadsHaveDescriptors()
      ? 'of each process only the first thread: the others can be asked since Linux 6.9'
      : undefined;
  }

  entries(spec: MapSpec): Generator<MapEntry> {
    return this.#entriesOf(this.#collection.map(spec.name), spec);
  }

  *#entriesOf(map: MapHandle, spec: MapSpec): Generator<MapEntry> {
    switch (mapKind(spec.type).access) {
      case 'keyed':
      case 'per_cpu':
        yield* this.#keyed(map, spec);
        break;
      case 'programs':
        yield* this.#programs(map);
        break;
      case 'maps':
        yield* this.#maps(map, spec);
        break;
      case 'queue':
        yield* this.#queue(map, spec);
        break;
      case 'storage':
        yield* spec.type === 'task_storage' ? this.#tasks(map, spec) : this.#cgroups(map, spec);
        break;
      case 'memory':
        yield* this.#variables(map, spec);
    }
  }

  *#keyed(map: MapHandle, spec: MapSpec): Generator<MapEntry> {
    const { key_size, value_size } = map.info();
    const key = this.#reader(spec.types?.key, key_size);
    const one = spec.type === 'stack_trace' ? stackReader(value_size) : this.#reader(spec.types?.value, value_size);
    const step = alignUp(value_size, 8);
    const cpus = mapKind(spec.type).access === 'per_cpu' ? possibleCpus() : undefined;
    const value: ValueReader =
      cpus === undefined ? one : (bytes, at) => Array.from({ length: cpus }, (_, cpu) => one(bytes, at + cpu * step));
    const raw = new KeyedMap(map, bytesValue(key_size), bytesValue(cpus === undefined ? value_size : step * cpus));
    for (const [keyBytes, valueBytes] of raw) yield { key: key(keyBytes, 0), value: value(valueBytes, 0) };
  }

  /** Programs by name, where they are of this object. */
  *#programs(map: MapHandle): Generator<MapEntry> {
    const names = new Map([...this.#collection.programs.values()].map((program) => [program.info().id, program.name]));
    for (const [key, value] of new KeyedMap(map, bytesValue(4), bytesValue(4))) {
      const id = value.readUInt32LE();
      yield { key: key.readUInt32LE(), value: names.get(id) ?? id };
    }
  }

  *#maps(map: MapHandle, spec: MapSpec): Generator<MapEntry> {
    const { key_size } = map.info();
    const key = this.#reader(spec.types?.key, key_size);
    for (const [keyBytes, idBytes] of new KeyedMap(map, bytesValue(key_size), bytesValue(4))) {
      const fd = fdById('map', idBytes.readUInt32LE());
      if (fd === -ENOENT) continue;
      yield {
        key: key(keyBytes, 0),
        value: fd < 0 || !spec.inner ? idBytes.readUInt32LE() : this.#inside(fd, spec.inner),
      };
    }
  }

  #inside(fd: number, spec: MapSpec): BtfValue {
    try {
      const { max_entries } = mapInfo(fd);
      const inner = new MapHandle({ fd, name: spec.name, type: spec.type, maxEntries: max_entries });
      return [...this.#entriesOf(inner, spec)].map(({ key, value }) => ({ key, value }));
    } finally {
      closeFd(fd);
    }
  }

  /** Takes the entries out: nobody else can, the map goes with this process. */
  *#queue(map: MapHandle, spec: MapSpec): Generator<MapEntry> {
    const { value_size, max_entries } = map.info();
    const value = this.#reader(spec.types?.value, value_size);
    const queue = new QueueMap(map, bytesValue(value_size));
    for (let i = 0; i < max_entries; i++) {
      const bytes = queue.pop();
      if (bytes === undefined) return;
      yield { key: null, value: value(bytes, 0) };
    }
  }

  /** Of an arena: they are at its beginning, as in a section of global variables. */
  *#variables(map: MapHandle, spec: MapSpec): Generator<MapEntry> {
    const { length } = spec.initial ?? [];
    if (!(map instanceof ArenaMap) || length === undefined) return;
    yield { key: 0, value: this.#reader(spec.types?.value, length)(map.read(0, length), 0) };
  }

  /** The kernel lists no tasks of a map: every thread is asked. */
  *#tasks(map: MapHandle, spec: MapSpec): Generator<MapEntry> {
    const { value_size } = map.info();
    const value = this.#reader(spec.types?.value, value_size);
    const storage = new TaskStorageMap(map, bytesValue(value_size));
    for (const task of tasks()) {
      const bytes = unlessGone(() => storage.get(task));
      if (bytes) yield { key: task, value: value(bytes, 0) };
    }
  }

  /** Nor cgroups. */
  *#cgroups(map: MapHandle, spec: MapSpec): Generator<MapEntry> {
    const root = cgroupRoot();
    if (root === undefined) return;
    const { value_size } = map.info();
    const value = this.#reader(spec.types?.value, value_size);
    const storage = new CgroupStorageMap(map, bytesValue(value_size));
    for (const path of cgroupPaths(root)) {
      const bytes = unlessGone(() => storage.get(root + path));
      if (bytes) yield { key: path, value: value(bytes, 0) };
    }
  }

  /** Without a type small values are numbers and others hexadecimal digits. */
  #reader(type: number | undefined, size: number): ValueReader {
    if (type && this.#btf) return valueReader(this.#btf, type);
    if (size === 1 || size === 2 || size === 4) return (bytes, at) => bytes.readUIntLE(at, size);
    if (size === 8) {
      return (bytes, at) => {
        const value = bytes.readBigUInt64LE(at);
        return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
      };
    }
    return (bytes, at) => bytes.toString('hex', at, at + size);
  }
}

/** Ids of all processes and, where the kernel lets us ask them, of their other threads. */
function* tasks(): Generator<number, void, undefined> {
  const withThreads = threadsHaveDescriptors();
  for (const pid of numbersIn('/proc')) {
    if (withThreads) yield* numbersIn(`/proc/${pid}/task`);
    else yield pid;
  }
}

function numbersIn(directory: string): number[] {
  return (
    unlessGone(() =>
      readdirSync(directory)
        .filter((name) => /^\d+$/.test(name))
        .map(Number),
    ) ?? []
  );
}

/** What is read may end at any time. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof KernelError && error.errno === ESRCH) return undefined;
    const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    if (code !== undefined && GONE.includes(code)) return undefined;
    throw error;
  }
}

const GONE: readonly string[] = ['ENOENT', 'ESRCH', 'ENODEV'];

/** Addresses, the innermost first, up to the first zero. */
function stackReader(size: number): ValueReader {
  return (bytes, at) => {
    const frames: string[] = [];
    for (let i = 0; i + 8 <= size; i += 8) {
      const address = bytes.readBigUInt64LE(at + i);
      if (address === 0n) break;
      frames.push(`0x${address.toString(16)}`);
    }
    return frames;
  };
}
