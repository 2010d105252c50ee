/** How amounts read, above all where the unit changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatCount, formatMicroseconds, formatRate, formatShare } from './units.ts';

function check(format: (value: number) => string, cases: readonly (readonly [number, string])[]): void {
  for (const [value, expected] of cases) assert.equal(format(value), expected, String(value));
}

test('times', () => {
  check(formatMicroseconds, [
    [0, '0µs'],
    [0.4, '0.40µs'],
    [7, '7µs'],
    [12.345, '12.3µs'],
    [999, '999µs'],
    [999.7, '1.00ms'],
    [1234, '1.23ms'],
    [12_345, '12.3ms'],
    [999_600, '1.00s'],
    [59_900_000, '59.9s'],
    [60_000_000, '1m00s'],
    [3_599_999_999, '59m59s'],
    [3_600_000_000, '1h00m'],
    [90_061_000_000, '1d01h'],
  ]);
});

test('sizes', () => {
  check(formatBytes, [
    [0, '0B'],
    [1023, '1023B'],
    [1024, '1.00KiB'],
    [1536, '1.50KiB'],
    [1_048_575, '1.00MiB'],
    [5 * 2 ** 40, '5.00TiB'],
  ]);
});

test('counts, rates, shares', () => {
  check(formatCount, [
    [0, '0'],
    [999_999, '999999'],
    [1_234_567, '1.23M'],
    [7_654_321_000, '7.65G'],
  ]);
  check(formatRate, [
    [0, '0'],
    [0.123, '0.12'],
    [45.61, '45.6'],
    [789.4, '789'],
    [12_345, '12345'],
  ]);
  check(formatShare, [
    [0, '0%'],
    [0.00123, '0.12%'],
    [0.456, '45.6%'],
    [1, '100%'],
  ]);
});
