/** Counters never fall, whoever comes and goes, and all together are the sum of everything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopTracker } from './top-series.ts';

const reading = (rows: Record<string, number>) =>
  new Map(Object.entries(rows).map(([name, value]) => [name, { name, values: Float64Array.of(value) }]));

test('the busiest get series, the rest is other, and nothing falls', () => {
  const tracker = new TopTracker<string>(2, (growth) => growth[0]!);
  const seen = new Map<string, number>();
  const steps = [
    { a: 10, b: 20, c: 5 },
    { a: 12, b: 25, c: 6 },
    // c becomes busy and takes the place of a.
    { a: 13, b: 30, c: 106 },
    { a: 14, b: 35, c: 206, d: 1 },
  ];
  for (const step of steps) {
    const series = tracker.advance(reading(step), 0);
    assert.ok(series.length <= 2);
    const all = [
      ...series.map(({ name, values }) => [name, values[0]!] as const),
      ['other', tracker.other[0]!] as const,
    ];
    assert.equal(
      all.reduce((sum, [, value]) => sum + value, 0),
      Object.values(step).reduce((sum, value) => sum + value, 0),
    );
    for (const [name, value] of all) {
      assert.ok(value >= (seen.get(name) ?? 0), `${name} fell to ${value}`);
      seen.set(name, value);
    }
  }
  assert.deepEqual(Object.fromEntries(seen), { a: 12, b: 35, c: 200, other: 21 });
});

test('a series stays through quiet readings, and goes when another has done more for minutes', () => {
  const tracker = new TopTracker<string>(1, (growth) => growth[0]!);
  const names = (rows: Record<string, number>, atMs: number): string[] =>
    tracker.advance(reading(rows), atMs).map(({ name }) => name);
  assert.deepEqual(names({ a: 100, b: 1 }, 0), ['a']);
  assert.deepEqual(names({ a: 100, b: 2 }, 1000), ['a']);
  assert.deepEqual(names({ a: 100, b: 40 }, 300_000), ['a']);
  assert.deepEqual(names({ a: 100, b: 80 }, 600_000), ['b']);
});

test('what a query did that is there no more stays in other', () => {
  const tracker = new TopTracker<string>(1, (growth) => growth[0]!);
  tracker.advance(reading({ a: 100, b: 7 }), 0);
  const [b] = tracker.advance(reading({ b: 8 }), 0);
  assert.deepEqual([b!.name, b!.values[0], tracker.other[0]], ['b', 1, 107]);
});
