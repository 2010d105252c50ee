/** Types of maps, and the numbers that the kernel gives them. */

/**
 * `enum bpf_map_type` (linux/bpf.h), in lower case and without the prefix; CGRP_STORAGE is cgroup_storage, and what it
 * replaced has `old_` before its name.
 */
export const MAP_TYPES = {
  hash: 1,
  array: 2,
  prog_array: 3,
  perf_event_array: 4,
  percpu_hash: 5,
  percpu_array: 6,
  stack_trace: 7,
  cgroup_array: 8,
  lru_hash: 9,
  lru_percpu_hash: 10,
  lpm_trie: 11,
  array_of_maps: 12,
  hash_of_maps: 13,
  devmap: 14,
  sockmap: 15,
  cpumap: 16,
  xskmap: 17,
  sockhash: 18,
  old_cgroup_storage: 19,
  reuseport_sockarray: 20,
  old_percpu_cgroup_storage: 21,
  queue: 22,
  stack: 23,
  sk_storage: 24,
  devmap_hash: 25,
  ringbuf: 27,
  inode_storage: 28,
  task_storage: 29,
  bloom_filter: 30,
  user_ringbuf: 31,
  cgroup_storage: 32,
  arena: 33,
} as const;
export type MapType = keyof typeof MAP_TYPES;

/** The type with this number; undefined for those that we have no name for. */
export function mapTypeOf(number: number): MapType | undefined {
  return (Object.keys(MAP_TYPES) as MapType[]).find((type) => MAP_TYPES[type] === number);
}
