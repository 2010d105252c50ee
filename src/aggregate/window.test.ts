/** Windows are differences, also when a key starts again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FieldRule, mergeRow, Windows } from './window.ts';

const RULES: readonly FieldRule[] = ['sum', 'max', 'last'];
const reading = (rows: Record<string, number[]>) =>
  new Map(Object.entries(rows).map(([key, values]) => [key, Float64Array.from(values)]));
const plain = (window: Map<string, Float64Array>) =>
  Object.fromEntries([...window].map(([key, values]) => [key, [...values]]));

test('rows merge field by field', () => {
  const row = Float64Array.of(1, 5, 7);
  mergeRow(RULES, row, Float64Array.of(2, 3, 4));
  assert.deepEqual([...row], [3, 5, 4]);
});

test('a window holds what grew since the last reading', () => {
  const windows = new Windows(RULES);
  assert.deepEqual(plain(windows.advance(reading({ a: [10, 3, 1], b: [0, 0, 0] }))), { a: [10, 3, 1] });
  assert.deepEqual(plain(windows.advance(reading({ a: [17, 4, 2], b: [0, 0, 5] }))), { a: [7, 4, 2] });
  assert.deepEqual(plain(windows.advance(reading({ a: [17, 4, 2], b: [1, 1, 5] }))), { b: [1, 1, 5] });
});

test('a key that was deleted starts from nothing', () => {
  const windows = new Windows(RULES);
  windows.advance(reading({ a: [10, 3, 1], b: [10, 3, 1] }));
  assert.deepEqual(plain(windows.advance(reading({ a: [4, 2, 1] }))), { a: [4, 2, 1] });
  assert.deepEqual(plain(windows.advance(reading({ a: [5, 2, 1], b: [11, 3, 1] }))), { a: [1, 2, 1], b: [11, 3, 1] });
});
