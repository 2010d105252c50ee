/** What the kernel's map types are called and how they are used: one row a type. */
import { MAP_TYPES, type MapType } from '../spec/index.ts';

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
  /** Bytes at addresses, without entries. */
  | 'memory'
  /** Nothing to look up: a ring buffer's reader and others take the descriptor. */
  | 'none';

interface MapKind {
  readonly access: Access;
  /** The kernel wants BTF of key and value. */
  readonly btf?: true;
  /** Linux version that brought it, where that is later than 5.10. */
  readonly since?: string;
}

export const MAP_KINDS = {
  hash: { access: 'keyed' },
  array: { access: 'keyed' },
  prog_array: { access: 'programs' },
  perf_event_array: { access: 'none' },
  percpu_hash: { access: 'per_cpu' },
  percpu_array: { access: 'per_cpu' },
  stack_trace: { access: 'keyed' },
  cgroup_array: { access: 'none' },
  lru_hash: { access: 'keyed' },
  lru_percpu_hash: { access: 'per_cpu' },
  lpm_trie: { access: 'keyed' },
  array_of_maps: { access: 'maps' },
  hash_of_maps: { access: 'maps' },
  queue: { access: 'queue' },
  stack: { access: 'queue' },
  devmap: { access: 'keyed' },
  sockmap: { access: 'keyed' },
  cpumap: { access: 'keyed' },
  xskmap: { access: 'none' },
  sockhash: { access: 'keyed' },
  old_cgroup_storage: { access: 'keyed' },
  reuseport_sockarray: { access: 'keyed' },
  old_percpu_cgroup_storage: { access: 'per_cpu' },
  devmap_hash: { access: 'keyed' },
  sk_storage: { access: 'none', btf: true },
  inode_storage: { access: 'none', btf: true },
  ringbuf: { access: 'none' },
  task_storage: { access: 'storage', btf: true, since: '5.11' },
  bloom_filter: { access: 'bloom', since: '5.16' },
  user_ringbuf: { access: 'none', since: '6.1' },
  cgroup_storage: { access: 'storage', btf: true, since: '6.2' },
  arena: { access: 'memory', since: '6.9' },
} as const satisfies Record<MapType, MapKind>;

export type TypesWith<A extends Access> = {
  [T in MapType]: (typeof MAP_KINDS)[T]['access'] extends A ? T : never;
}[MapType];

export function mapKind(type: MapType): MapKind & { readonly id: number } {
  return { id: MAP_TYPES[type], ...MAP_KINDS[type] };
}
