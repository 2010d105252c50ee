/** The maps keep to their budget on machines of any size. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { i32, record, u64 } from '../../base/record.ts';
import type { MapSpec } from '../../bpf/spec/index.ts';
import { fitMaps, MEMORY_BUDGET, mapBytes } from './memory.ts';

const counters = record('counters', Object.fromEntries(Array.from({ length: 24 }, (_, n) => [`c${n}`, u64])));
const MAPS: readonly MapSpec[] = [
  { name: 'ring', type: 'ringbuf', maxEntries: 1 << 20 },
  { name: 'sums', type: 'percpu_hash', key: i32, value: counters, maxEntries: 50_000 },
  { name: 'names', type: 'hash', key: u64, value: i32, maxEntries: 50_000 },
  { name: 'work', type: 'percpu_array', key: i32, value: counters, maxEntries: 1 },
];

for (const cpus of [2, 64, 128, 512]) {
  test(`${cpus} CPUs`, () => {
    const fitted = fitMaps(MAPS, cpus, MEMORY_BUDGET);
    const bytes = fitted.reduce((sum, map) => sum + mapBytes(map, cpus), 0);
    assert.ok(bytes <= MEMORY_BUDGET, `${bytes}`);
    assert.deepEqual(
      fitted.filter(({ type }) => !type.endsWith('hash')),
      MAPS.filter(({ type }) => !type.endsWith('hash')),
    );
    const entries = fitted.map(({ maxEntries }) => maxEntries);
    if (cpus === 2) assert.deepEqual(entries, [1 << 20, 50_000, 50_000, 1]);
    else assert.ok(bytes > MEMORY_BUDGET * 0.99 && entries[1]! < 50_000, `${bytes} ${entries}`);
  });
}
