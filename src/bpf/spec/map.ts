/** What a map is, before a kernel has it: plain data. */
import type { Shape } from '../../base/record.ts';
import type { MapType } from './map-types.ts';

export type { MapType };

export interface MapSpec {
  /** Unique in its collection; the kernel sees the first 15 bytes. */
  readonly name: string;
  readonly type: MapType;
  /** Absent for ring buffers, queues, bloom filters. */
  readonly key?: Shape;
  readonly value?: Shape;
  /** Entries; bytes for ring buffers (a power of two of pages); 0 for task and cgroup storage. */
  readonly maxEntries: number;
  readonly flags?: {
    /** BPF_F_NO_PREALLOC: memory is taken as entries come. Always set for task and cgroup storage. */
    readonly noPrealloc?: boolean;
    /** BPF_F_MMAPABLE (arrays). */
    readonly mmapable?: boolean;
    /** BPF_F_RDONLY_PROG: programs cannot write; the map is frozen after `initial` is written. */
    readonly readOnlyForPrograms?: boolean;
    /** Any flags of BPF_MAP_CREATE, as the kernel numbers them. */
    readonly raw?: number;
  };
  /** First contents of a one-entry array: global data. */
  readonly initial?: Uint8Array;
  /** For array_of_maps and hash_of_maps. */
  readonly inner?: MapSpec;
  /** Entries of maps of maps and of programs: index, and name of the map or program in the collection. */
  readonly slots?: readonly (readonly [index: number, name: string])[];
  /** Key and value in the collection's BTF: what the kernel prints, and where it finds locks and timers. */
  readonly types?: { readonly key: number; readonly value: number };
  /** map_extra: hash functions of a bloom filter, address of an arena. */
  readonly extra?: bigint;
  readonly numaNode?: number;
  /** Path below a bpffs, when the map is to outlive its owner. */
  readonly pin?: string;
}
