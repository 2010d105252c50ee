/** Octaves in any order are as if each bucket had been added to its histogram. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from '../../aggregate/index.ts';
import { Octaves } from './octaves.ts';

const READ: readonly (readonly [histogram: number, octave: number, counts: readonly number[]])[] = [
  [0, 14, [0, 0, 1, 0, 0, 0, 0, 2]],
  [1, 20, [3, 0, 0, 0, 0, 0, 0, 0]],
  [0, 9, [0, 0, 0, 0, 5, 0, 0, 0]],
  [0, 14, [1, 1, 1, 0, 0, 0, 0, 0]],
];

test('octaves in any order, more than there is room for at first, are as if each bucket had been added', () => {
  const [spread, single] = [0, 1].map(() => [new Histogram(), new Histogram()]) as [Histogram[], Histogram[]];
  const octaves = new Octaves();
  for (let round = 0; round < 100; round++) {
    for (const [of, octave, counts] of READ) {
      octaves.add(spread[of]!, octave, Float64Array.from(counts));
      for (const [at, count] of counts.entries()) if (count > 0) single[of]!.addBucket(octave * 8 + at, count);
    }
  }
  octaves.spread();
  for (const [of, one] of spread.entries()) assert.ok(one.equals(single[of]!));
});
