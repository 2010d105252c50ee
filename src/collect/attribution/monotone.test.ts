/** Readings that follow each other: nothing falls, and rows at rest are kept once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Monotone } from './monotone.ts';

interface Row {
  readonly counters: Float64Array;
  readonly text: string | null;
}

const reading = (rows: Record<string, readonly number[]>, text: string | null = null): Map<string, Row> =>
  new Map(Object.entries(rows).map(([key, counters]) => [key, { counters: Float64Array.from(counters), text }]));

test('counters are raised to what they have been', () => {
  const sums = new Monotone<Row>(() => true);
  sums.follow(reading({ a: [10, 5] }));
  const next = reading({ a: [8, 7] });
  sums.follow(next);
  assert.deepEqual([...next.get('a')!.counters], [10, 7]);
});

test('a row is the same object until something of it is another', () => {
  const sums = new Monotone<Row>((row, before) => row.text === before.text);
  const [first, rests, named, counted] = [
    reading({ a: [1], b: [1] }),
    reading({ a: [1], b: [2] }),
    reading({ a: [1], b: [2] }, 'SELECT'),
    reading({ a: [1], b: [3] }, 'SELECT'),
  ];
  for (const one of [first!, rests!, named!, counted!]) sums.follow(one);
  assert.equal(rests!.get('a'), first!.get('a'));
  assert.notEqual(rests!.get('b'), first!.get('b'));
  assert.notEqual(named!.get('a'), first!.get('a'));
  assert.equal(counted!.get('a'), named!.get('a'));
});

test('what was away and came back begins anew', () => {
  const sums = new Monotone<Row>(() => true);
  sums.follow(reading({ a: [10] }));
  sums.follow(reading({}));
  const back = reading({ a: [1] });
  sums.follow(back);
  assert.deepEqual([...back.get('a')!.counters], [1]);
});
