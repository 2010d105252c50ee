/** How much memory the program's maps may take in the kernel, and how many entries that is room for. */
import { alignUp, sizeOf } from '../../base/record.ts';
import type { MapSpec } from '../../bpf/spec/index.ts';

/** What all maps of attribution may take together, whatever the number of CPUs. */
export const MEMORY_BUDGET: number = 128 * 2 ** 20;

/** struct htab_elem before its key, a pointer to the CPUs' values, a bucket (kernel/bpf/hashtab.c). */
const [ELEMENT, POINTER, BUCKET] = [48, 8, 16];
/** A possible CPU's chunk of per-CPU memory, and of the allocator's caches, may be partly empty. */
const SLACK = 1.1;

const isHash = ({ type }: MapSpec): boolean => type.endsWith('hash');
const isPerCpu = ({ type }: MapSpec): boolean => type.includes('percpu');

/** The most that a map takes when it is full. Task storage grows with the processes and is not counted here. */
export function mapBytes(map: MapSpec, cpus: number): number {
  if (map.type === 'ringbuf') return map.maxEntries;
  if (map.value === undefined || map.maxEntries === 0) return 0;
  const values = alignUp(sizeOf(map.value), 8) * (isPerCpu(map) ? cpus : 1);
  if (!isHash(map)) return map.maxEntries * values;
  const element = ELEMENT + alignUp(sizeOf(map.key!), 8) + (isPerCpu(map) ? POINTER + values : values);
  return Math.ceil(map.maxEntries * (element * SLACK + 2 * BUCKET));
}

/** The same maps with as many entries as asked for, or as there is room for: hashes shrink by one factor. */
export function fitMaps(maps: readonly MapSpec[], cpus: number, budget: number): MapSpec[] {
  const bytesOf = (some: readonly MapSpec[]): number => some.reduce((sum, map) => sum + mapBytes(map, cpus), 0);
  const hashes = maps.filter(isHash);
  const room = budget - bytesOf(maps.filter((map) => !isHash(map)));
  const factor = Math.min(1, room / bytesOf(hashes));
  return maps.map((map) =>
    isHash(map) ? { ...map, maxEntries: Math.max(1, Math.floor(map.maxEntries * factor)) } : map,
  );
}
