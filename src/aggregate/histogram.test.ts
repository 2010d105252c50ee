/** Percentiles stay within the promised error, and merging and subtracting lose nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketRatio } from '../base/exponential.ts';
import { Histogram, LATENCY_SCALE } from './histogram.ts';

/** Park and Miller's generator: the same numbers in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 48271) % 2147483647;
    yield state / 2147483647;
  }
}

test('percentiles are within (r-1)/(r+1) of the true ones', () => {
  const random = numbers(7);
  const values = Array.from({ length: 10_007 }, () => Math.floor(10 ** (3 + 7 * random.next().value)));
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  values.sort((a, b) => a - b);
  const ratio = bucketRatio(LATENCY_SCALE);
  const promised = (ratio - 1) / (ratio + 1);
  assert.ok(promised < 0.0434);
  for (const quantile of [0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999]) {
    const truth = values[Math.max(0, Math.ceil(quantile * values.length) - 1)]!;
    const found = histogram.percentile(quantile)!;
    assert.ok(Math.abs(found - truth) <= truth * promised * 1.000001, `p${quantile * 100}: ${found} for ${truth}`);
  }
});

test('the highest rank is the known maximum, and nothing exceeds it', () => {
  const histogram = new Histogram();
  histogram.add(1000, 99);
  histogram.add(1_000_000);
  assert.equal(histogram.percentile(1, 1_000_000), 1_000_000);
  assert.equal(histogram.percentile(0.995, 1_000_000), 1_000_000);
  assert.ok(histogram.percentile(0.5)! < 1050);
});

test('nothing, and zeros', () => {
  const histogram = new Histogram();
  assert.equal(histogram.percentile(0.5), undefined);
  histogram.add(0, 3);
  histogram.add(5, 2);
  assert.equal(histogram.total, 5);
  assert.equal(histogram.percentile(0.5), 0);
});

test('a merge is as if all had been added to one; a subtraction takes the earlier state away', () => {
  const random = numbers(11);
  const [first, second, both] = [new Histogram(), new Histogram(), new Histogram()];
  for (let i = 0; i < 1009; i++) {
    const value = Math.floor(1e9 * random.next().value ** 4);
    (i % 3 ? first : second).add(value);
    both.add(value);
  }
  const merged = first.clone();
  merged.merge(second);
  assert.deepEqual([...merged.buckets()], [...both.buckets()]);
  assert.equal(merged.zeros, both.zeros);
  merged.subtract(first);
  assert.deepEqual([...merged.buckets()], [...second.buckets()]);
  assert.equal(merged.total, second.total);
});

test('buckets that a BPF program chose arrive in any order', () => {
  const histogram = new Histogram();
  for (const [index, count] of [
    [150, 2],
    [80, 1],
    [287, 4],
    [80, 6],
  ] as const)
    histogram.addBucket(index, count);
  assert.deepEqual(
    [...histogram.buckets()],
    [
      { index: 80, count: 7 },
      { index: 150, count: 2 },
      { index: 287, count: 4 },
    ],
  );
});

test('scales do not mix', () => {
  assert.throws(() => new Histogram(3).merge(new Histogram(2)), /scales 3 and 2/);
});

test('a run of counts that is put in its place is as if each had been added', () => {
  const [runs, single] = [new Histogram(), new Histogram()];
  for (const [first, counts] of [
    [150, [2, 0, 1]],
    [80, [1]],
    [140, [3, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5]],
  ] as const) {
    const start = runs.placeFor(first, counts.length);
    counts.forEach((count, at) => {
      runs.counts[start + at]! += count;
      single.addBucket(first + at, count);
    });
  }
  assert.deepEqual([...runs.buckets()], [...single.buckets()]);
});

test('what was added since an earlier state is what is left of it, in no more room than that takes', () => {
  const random = numbers(13);
  const now = new Histogram();
  const fill = (count: number): void => {
    for (let i = 0; i < count; i++) now.add(Math.floor(1e9 * random.next().value ** 4));
  };
  fill(211);
  const earlier = now.clone();
  assert.equal(now.since(earlier).total, 0);
  fill(307);
  now.add(0, 3);
  const left = now.clone();
  left.subtract(earlier);
  for (const [before, expected] of [
    [earlier, left],
    [undefined, now],
  ] as const) {
    const grown = now.since(before);
    assert.deepEqual([...grown.buckets()], [...expected.buckets()]);
    assert.equal(grown.zeros, expected.zeros);
    assert.ok(grown.counts[0]! > 0 && grown.counts.at(-1)! > 0);
    // It can be added to as any other.
    grown.merge(earlier);
    assert.equal(grown.total, expected.total + earlier.total);
  }
});
