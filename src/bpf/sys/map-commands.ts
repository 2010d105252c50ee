/** bpf(2) commands about maps. */
import { record, text, u32, u64 } from '../../base/record.ts';
import { allocate, type Block, scratch } from '../../native/index.ts';
import { type Attr, bpf, COMMAND, fill, run } from './command.ts';

const CREATE = record('map_create', {
  map_type: u32,
  key_size: u32,
  value_size: u32,
  max_entries: u32,
  map_flags: u32,
  inner_map_fd: u32,
  numa_node: u32,
  map_name: text(16),
  map_ifindex: u32,
  btf_fd: u32,
  btf_key_type_id: u32,
  btf_value_type_id: u32,
  btf_vmlinux_value_type_id: u32,
  map_extra: u64,
});
export type MapCreateAttr = Attr<typeof CREATE>;

export function mapCreate(attr: MapCreateAttr): number {
  return run(COMMAND.MAP_CREATE, CREATE, attr);
}

const FREEZE = record('map_freeze', { map_fd: u32 });

/** From now on the map is read-only for system calls, and constant to the verifier if so for programs. */
export function mapFreeze(fd: number): number {
  return run(COMMAND.MAP_FREEZE, FREEZE, { map_fd: fd });
}

const ELEMENT = record('map_elem', { map_fd: u32, key: u64, value: u64, flags: u64 });
type ElementCommand =
  | typeof COMMAND.MAP_LOOKUP_ELEM
  | typeof COMMAND.MAP_UPDATE_ELEM
  | typeof COMMAND.MAP_DELETE_ELEM
  | typeof COMMAND.MAP_GET_NEXT_KEY
  | typeof COMMAND.MAP_LOOKUP_AND_DELETE_ELEM;

/** One map's element commands: key, value and attribute stay in place, so that a call allocates nothing. */
export class Element {
  readonly key: Block;
  readonly value: Block;
  readonly #attr: Block;

  /** For MAP_GET_NEXT_KEY the value receives the key: it has room for the larger of the two. */
  constructor(mapFd: number, keySize: number, valueSize: number) {
    this.key = allocate(keySize);
    this.value = allocate(Math.max(keySize, valueSize));
    this.#attr = allocate(ELEMENT.size);
    fill(ELEMENT, this.#attr, {
      map_fd: mapFd,
      key: keySize === 0 ? 0 : this.key.address,
      value: this.value.address,
    });
  }

  run(command: ElementCommand, flags = 0): number {
    this.#attr.view.setUint32(ELEMENT.offsets.flags, flags, true);
    // The kernel refuses fields that a command does not use: for deletion the attribute ends after the key.
    return bpf(command, this.#attr, command === COMMAND.MAP_DELETE_ELEM ? ELEMENT.offsets.value : ELEMENT.size);
  }

  /** MAP_GET_NEXT_KEY without a key: the first. */
  firstKey(): number {
    this.#attr.view.setBigUint64(ELEMENT.offsets.key, 0n, true);
    const result = bpf(COMMAND.MAP_GET_NEXT_KEY, this.#attr);
    this.#attr.view.setBigUint64(ELEMENT.offsets.key, BigInt(this.key.address), true);
    return result;
  }
}

const BATCH = record('map_batch', {
  in_batch: u64,
  out_batch: u64,
  keys: u64,
  values: u64,
  count: u32,
  map_fd: u32,
  elem_flags: u64,
  flags: u64,
});
type BatchCommand =
  | typeof COMMAND.MAP_LOOKUP_BATCH
  | typeof COMMAND.MAP_LOOKUP_AND_DELETE_BATCH
  | typeof COMMAND.MAP_UPDATE_BATCH
  | typeof COMMAND.MAP_DELETE_BATCH;

export interface BatchParts {
  readonly mapFd: number;
  readonly keys: Block;
  readonly values?: Block;
  readonly count: number;
  /** Where the last batch ended (lookups): at least 4 bytes and a key long; absent at the start. */
  readonly from?: Block;
  /** Where this one ends. */
  readonly to?: Block;
  readonly elementFlags?: number;
}

/** A batch command; `count` in the answer is how many entries were done, also when it failed. */
export function mapBatch(command: BatchCommand, parts: BatchParts): { result: number; count: number } {
  return scratch((arena) => {
    const attr = arena.take(BATCH.size);
    fill(BATCH, attr, {
      in_batch: parts.from?.address ?? 0,
      out_batch: parts.to?.address ?? 0,
      keys: parts.keys.address,
      values: parts.values?.address ?? 0,
      count: parts.count,
      map_fd: parts.mapFd,
      elem_flags: parts.elementFlags ?? 0,
    });
    const result = bpf(command, attr);
    return { result, count: attr.view.getUint32(BATCH.offsets.count, true) };
  });
}
