/** Readings that follow each other: nothing falls, and rows at rest are kept once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Monotone } from './monotone.ts';
import { type Peaks, peakSince } from './peaks.ts';

interface Row {
  readonly counters: Float64Array;
  readonly text: string | null;
  peaks: readonly Peaks[];
}

const RULES = { isSame: () => true, maxima: [] };

const reading = (rows: Record<string, readonly number[]>, text: string | null = null): Map<string, Row> =>
  new Map(
    Object.entries(rows).map(([key, counters]) => [key, { counters: Float64Array.from(counters), text, peaks: [] }]),
  );

test('counters are raised to what they have been', () => {
  const sums = new Monotone<Row>(RULES);
  sums.follow(reading({ a: [10, 5] }), 1);
  const next = reading({ a: [8, 7] });
  sums.follow(next, 2);
  assert.deepEqual([...next.get('a')!.counters], [10, 7]);
});

test('a row is the same object until something of it is another', () => {
  const sums = new Monotone<Row>({ ...RULES, isSame: (row, before) => row.text === before.text });
  const [first, rests, named, counted] = [
    reading({ a: [1], b: [1] }),
    reading({ a: [1], b: [2] }),
    reading({ a: [1], b: [2] }, 'SELECT'),
    reading({ a: [1], b: [3] }, 'SELECT'),
  ];
  for (const [at, one] of [first!, rests!, named!, counted!].entries()) sums.follow(one, at);
  assert.equal(rests!.get('a'), first!.get('a'));
  assert.notEqual(rests!.get('b'), first!.get('b'));
  assert.notEqual(named!.get('a'), first!.get('a'));
  assert.equal(counted!.get('a'), named!.get('a'));
});

test('what was away and came back begins anew', () => {
  const sums = new Monotone<Row>(RULES);
  sums.follow(reading({ a: [10] }), 1);
  sums.follow(reading({}), 2);
  const back = reading({ a: [1] });
  sums.follow(back, 3);
  assert.deepEqual([...back.get('a')!.counters], [1]);
});

/** What was waited, and the longest since the reading before, reading by reading. */
const READ: readonly (readonly [sum: number, max: number])[] = [
  [90, 90],
  [120, 30],
  [120, 0],
  [170, 40],
  [180, 5],
  [190, 5],
];

test('the largest of any window is known', () => {
  const sums = new Monotone<Row>({ ...RULES, maxima: [1] });
  const rows = READ.map((counters, at) => {
    const one = reading({ a: counters });
    sums.follow(one, at + 1);
    return one.get('a')!;
  });
  for (let from = 0; from < READ.length; from++) {
    for (let to = from + 1; to <= READ.length; to++) {
      const expected = Math.max(...READ.slice(from, to).map(([, max]) => max));
      assert.equal(peakSince(rows[to - 1]!.peaks[0], from), expected, `${from} to ${to}`);
    }
  }
  assert.equal(rows.at(-1)!.counters[1], 90);
  assert.equal(rows.at(-1)!.peaks[0]!.length, 3);
});
