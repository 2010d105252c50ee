/** Maps that a kernel may or may not have, and what can be done with them. */
import { array, u32, u64 } from '../../base/record.ts';
import { allocate } from '../../native/index.ts';
import { createMap, viewArray } from '../maps/index.ts';
import { COMMAND, mapBatch } from '../sys/index.ts';
import type { FeatureRow } from './feature.ts';
import { tryMap, tryOut, verdictOf } from './try.ts';

const hash = { type: 'hash', key: u32, value: u64, maxEntries: 4 } as const;

export const MAP_FEATURES = {
  maps: {
    title: 'maps can be made',
    since: '3.18',
    without: 'nothing works',
    probe: () => tryMap({ type: 'array', value: u32, maxEntries: 1 }),
  },
  ringbuf: {
    title: 'ring buffers',
    since: '5.8',
    without: 'events go through perf buffers, one a CPU',
    probe: () => tryMap({ type: 'ringbuf', maxEntries: 65_536 }),
  },
  stack_trace: {
    title: 'stack trace maps',
    since: '4.6',
    without: 'no stacks by id',
    probe: () => tryMap({ type: 'stack_trace', value: array(u64, 127), maxEntries: 1 }),
  },
  task_storage: {
    title: 'values on tasks',
    since: '5.11',
    without: 'hash maps keyed by thread id, which are slower and can run full',
    probe: () => tryMap({ type: 'task_storage', value: u64, maxEntries: 0 }),
  },
  cgroup_storage: {
    title: 'values on cgroups',
    since: '6.2',
    without: 'hash maps keyed by cgroup id',
    probe: () => tryMap({ type: 'cgroup_storage', value: u64, maxEntries: 0 }),
  },
  bloom_filter: {
    title: 'bloom filters',
    since: '5.16',
    without: 'hash maps in their place',
    probe: () => tryMap({ type: 'bloom_filter', value: u64, maxEntries: 4 }),
  },
  user_ringbuf: {
    title: 'ring buffers from here to programs',
    since: '6.1',
    without: 'queues or arrays in their place',
    probe: () => tryMap({ type: 'user_ringbuf', maxEntries: 65_536 }),
  },
  arena: {
    title: 'memory shared with programs',
    since: '6.9',
    without: 'mmapable arrays in its place',
    probe: () => tryMap({ type: 'arena', maxEntries: 1 }),
  },
  mmapable_arrays: {
    title: 'arrays as memory',
    since: '5.5',
    without: 'arrays are read by system calls',
    probe: () =>
      tryOut(() => {
        const map = createMap({ name: 'feature', type: 'array', value: u32, maxEntries: 1, flags: { mmapable: true } });
        try {
          viewArray(map).close();
        } finally {
          map.close();
        }
      }),
  },
  map_batches: {
    title: 'many entries of a map in one system call',
    since: '5.6',
    without: 'two system calls an entry',
    probe: () =>
      tryOut(() => {
        const map = createMap({ name: 'feature', ...hash });
        const keys = allocate(4);
        const { result } = mapBatch(COMMAND.MAP_UPDATE_BATCH, { mapFd: map.fd, keys, values: allocate(8), count: 1 });
        map.close();
        const verdict = result < 0 ? verdictOf(result) : undefined;
        if (verdict !== undefined) throw new Error(verdict);
      }),
  },
  take_from_hash: {
    title: 'reading and deleting in one step',
    since: '5.14',
    without: 'updates between reading and deleting are lost',
    probe: () =>
      tryOut(() => {
        const map = createMap({ name: 'feature', ...hash });
        try {
          map.set(1, 1n);
          map.take(1);
        } finally {
          map.close();
        }
      }),
  },
} as const satisfies Record<string, FeatureRow>;
