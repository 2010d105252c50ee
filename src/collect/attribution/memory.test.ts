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

/**
 * By hand, bytes of an entry of `sums` and of `names`: a header of 48 and a key of 8; then a pointer of 8 and for each CPU 192, or
 * a value of 8; a tenth more, and two buckets of 16.
 */
const ENTRY_BYTES: readonly (readonly [cpus: number, sums: number, names: number])[] = [
  [2, 524.8, 102.4],
  [64, 13_619.2, 102.4],
  [128, 27_136, 102.4],
];

for (const [cpus, sums, names] of ENTRY_BYTES) {
  test(`what is computed for ${cpus} CPUs is what was computed by hand`, () => {
    // Rounded up to bytes.
    const areAbout = (some: readonly number[], expected: readonly number[]): void =>
      assert.ok(
        some.every((value, at) => Math.abs(value - expected[at]!) < 2),
        `${some}, by hand ${expected}`,
      );
    const hashes = [50_000 * sums, 50_000 * names] as const;
    areAbout(
      MAPS.map((map) => mapBytes(map, cpus)),
      [1 << 20, ...hashes, 192 * cpus],
    );
    const factor = Math.min(1, (MEMORY_BUDGET - (1 << 20) - 192 * cpus) / (hashes[0] + hashes[1]));
    const entries = fitMaps(MAPS, cpus, MEMORY_BUDGET).map(({ maxEntries }) => maxEntries);
    areAbout(entries, [1 << 20, Math.floor(50_000 * factor), Math.floor(50_000 * factor), 1]);
  });
}

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
