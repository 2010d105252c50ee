/** The values of an mmapable array as memory: reading and writing them takes no system call. */
import { alignUp } from '../../base/record.ts';
import { mmap, pageSize } from '../sys/index.ts';
import type { KeyedMap } from './keyed.ts';

export interface ArrayView {
  /** All values, each `step` bytes after the one before. */
  readonly view: DataView;
  readonly step: number;
  /** After this every use of `view` throws. */
  close(): void;
}

/** Needs `flags.mmapable`; values are rounded up to 8 bytes (kernel/bpf/arraymap.c). */
export function viewArray<V>(map: KeyedMap<number, V>): ArrayView {
  const step = alignUp(map.value.size, 8);
  const length = step * map.maxEntries;
  const doing = `mapping map "${map.name}" (${map.type}) into memory`;
  const mapping = mmap(map.fd, 0, alignUp(length, pageSize()), true, doing);
  return { view: new DataView(mapping.memory, 0, length), step, close: mapping.unmap };
}
