/** The integer algorithm puts values where the real bounds do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketOf, integerBound, lowerBound, MAX_SCALE, thresholds } from './exponential.ts';

test('thresholds are the bounds rounded up, proven in integers', () => {
  for (let scale = 0; scale <= MAX_SCALE; scale++) {
    const steps = 2n ** BigInt(scale);
    thresholds(scale).forEach((threshold, at) => {
      // t >= 2^(30 + k/steps)  <=>  t^steps >= 2^(30 steps + k)
      const bound = 2n ** (30n * steps + BigInt(at + 1));
      assert.ok(BigInt(threshold) ** steps >= bound && BigInt(threshold - 1) ** steps < bound, `${scale} ${at}`);
    });
  }
});

test('every value below a million and its neighbourhood of powers of two lies within the bounds of its bucket', () => {
  const values = Array.from({ length: 1_000_000 }, (_, value) => value + 1);
  for (let exponent = 20; exponent <= 52; exponent++) values.push(2 ** exponent - 1, 2 ** exponent, 2 ** exponent + 1);
  for (const scale of [0, 3, 5]) {
    for (const value of values) {
      const index = bucketOf(value, scale);
      // A float bound may be one unit in the last place off.
      if (lowerBound(index, scale) > value * (1 + 2e-15) || value >= lowerBound(index + 1, scale) * (1 + 2e-15)) {
        assert.fail(`scale ${scale}: ${value} is not in bucket ${index}`);
      }
    }
  }
});

test('the bound of a bucket in integers is the first value in it, or in the next that holds one', () => {
  for (let scale = 0; scale <= MAX_SCALE; scale++) {
    for (let index = 0; index < 30 << scale; index++) {
      const bound = Number(integerBound(index, scale));
      assert.ok(bucketOf(bound, scale) >= index, `scale ${scale}, bucket ${index}`);
      if (bound > 1) assert.ok(bucketOf(bound - 1, scale) < index, `scale ${scale}, below bucket ${index}`);
    }
  }
  assert.equal(integerBound(62 << 3, 3), 1n << 62n);
});

test('some buckets by hand', () => {
  assert.equal(bucketOf(1, 3), 0);
  assert.equal(bucketOf(2, 3), 8);
  assert.equal(bucketOf(3, 3), 8 + 4); // 3/2 lies between 2^(4/8) = 1.414 and 2^(5/8) = 1.542
  assert.equal(bucketOf(1024, 3), 80);
  assert.equal(bucketOf(1023, 3), 79);
  assert.equal(bucketOf(2 ** 36, 3), 288);
  assert.equal(bucketOf(2 ** 36, 0), 36);
});
