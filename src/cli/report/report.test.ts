/** Ranges as users write them, and CSV. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsvWriter } from './csv.ts';
import { earlierRange, rangeOf } from './range.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const HOUR = 3_600_000;

test('ranges: the last hour, or from when to when; and one to compare with', () => {
  assert.deepEqual(rangeOf({ from: undefined, to: undefined }, NOW), { fromMs: NOW - HOUR, toMs: NOW });
  const range = rangeOf({ from: '2026-01-31T03:00:00Z', to: '2026-01-31T05:00:00Z' }, NOW);
  assert.deepEqual(range, { fromMs: NOW - 9 * HOUR, toMs: NOW - 7 * HOUR });
  assert.deepEqual(earlierRange('before', range), { fromMs: NOW - 11 * HOUR, toMs: NOW - 9 * HOUR });
  assert.deepEqual(earlierRange('1d', range), { fromMs: NOW - 33 * HOUR, toMs: NOW - 31 * HOUR });
  assert.deepEqual(earlierRange('2026-01-31T00:00:00Z', range), { fromMs: NOW - 12 * HOUR, toMs: NOW - 10 * HOUR });
  assert.throws(() => rangeOf({ from: 'now', to: '1h' }, NOW), /now is not before 1h/);
  assert.throws(() => rangeOf({ from: 'noon', to: undefined }, NOW), /"noon" is no moment/);
});

test('CSV: one header, nested names, quotes where they are needed', () => {
  const csv = new CsvWriter();
  assert.equal(csv.format([]), '');
  const first = csv.format([{ query: 'SELECT "a", 1', latency_us: { p50: 1.5, max: null }, inexact: ['a', 'b'] }]);
  assert.equal(first, 'query,latency_us.p50,latency_us.max,inexact\r\n"SELECT ""a"", 1",1.5,,a b\r\n');
  assert.equal(csv.format([{ query: 'x\ny', latency_us: { p50: 2, max: 3 }, inexact: [] }]), '"x\ny",2,3,\r\n');
});
