/** What the kernel's map types are called and how they are used: one row a type. */
import type { MapType } from '../spec/index.ts';

/** How a map is read and written; each has a class of its own. */
export type Access =
  | 'keyed'
  /** A key has one value for each possible CPU. */
  | 'per_cpu'
  | 'queue'
  | 'bloom'
  /** A key is a task or cgroup, named by a descriptor. */
  | 'storage'
  /** Values are other maps. */
  | 'maps'
  /** Values are programs. */
  | 'programs'
  /** Nothing to look up: a ring buffer's reader and others take the descriptor. */
  | 'none';

interface MapKind {
  /** enum bpf_map_type (linux/bpf.h). */
  readonly id: number;
  readonly access: Access;
  /** The kernel wants BTF of key and value. */
  readonly btf?: true;
  /** Linux version that brought it, where that is later than 5.10. */
  readonly since?: string;
}

export const MAP_KINDS = {
  hash: { id: 1, access: 'keyed' },
  array: { id: 2, access: 'keyed' },
  prog_array: { id: 3, access: 'programs' },
  perf_event_array: { id: 4, access: 'none' },
  percpu_hash: { id: 5, access: 'per_cpu' },
  percpu_array: { id: 6, access: 'per_cpu' },
  stack_trace: { id: 7, access: 'keyed' },
  cgroup_array: { id: 8, access: 'none' },
  lru_hash: { id: 9, access: 'keyed' },
  lru_percpu_hash: { id: 10, access: 'per_cpu' },
  lpm_trie: { id: 11, access: 'keyed' },
  array_of_maps: { id: 12, access: 'maps' },
  hash_of_maps: { id: 13, access: 'maps' },
  queue: { id: 22, access: 'queue' },
  stack: { id: 23, access: 'queue' },
  ringbuf: { id: 27, access: 'none' },
  task_storage: { id: 29, access: 'storage', btf: true, since: '5.11' },
  bloom_filter: { id: 30, access: 'bloom', since: '5.16' },
  user_ringbuf: { id: 31, access: 'none', since: '6.1' },
  cgroup_storage: { id: 32, access: 'storage', btf: true, since: '6.2' },
  arena: { id: 33, access: 'none', since: '6.9' },
} as const satisfies Record<MapType, MapKind>;

export type TypesWith<A extends Access> = {
  [T in MapType]: (typeof MAP_KINDS)[T]['access'] extends A ? T : never;
}[MapType];

export function mapKind(type: MapType): MapKind {
  return MAP_KINDS[type];
}

/** The type with this number; undefined for those that we have no name for. */
export function mapTypeOf(id: number): MapType | undefined {
  return (Object.keys(MAP_KINDS) as MapType[]).find((type) => MAP_KINDS[type].id === id);
}
