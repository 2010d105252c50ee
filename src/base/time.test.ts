/** Which spellings of a duration are understood. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longer, parseDuration, parseMoment, rfc3339 } from './time.ts';

test('the longer of two that may not be known', () => {
  assert.deepEqual([longer(3, 5), longer(5, null), longer(null, 3), longer(null, null)], [5, 5, 3, null]);
});

test('durations', () => {
  const cases: [string, number | undefined][] = [
    ['10', 10_000],
    ['0.5', 500],
    ['10s', 10_000],
    ['500ms', 500],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1m30s', 90_000],
    ['', undefined],
    ['s', undefined],
    ['10x', undefined],
    ['-1s', undefined],
    ['1m30', undefined],
    ['1e3', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, text);
});

test('moments are RFC 3339 in UTC', () => {
  assert.equal(rfc3339(1_700_000_000_123), '2023-11-14T22:13:20.123Z');
});

test('moments: now, so long ago, or a date', () => {
  const now = Date.UTC(2026, 0, 31, 12);
  assert.equal(parseMoment('now', now), now);
  assert.equal(parseMoment('90m', now), now - 90 * 60_000);
  assert.equal(parseMoment('2026-01-31T11:30:00Z', now), now - 30 * 60_000);
  assert.equal(parseMoment('2026-01-31 12:30:00+01:00', now), now - 30 * 60_000);
  assert.equal(parseMoment('2026-01-31 11:30', now), new Date(2026, 0, 31, 11, 30).getTime());
  assert.equal(parseMoment('2026-01-31', now), new Date(2026, 0, 31).getTime());
  for (const text of ['yesterday', '2026-13-01', '31.1.2026', ''])
    assert.equal(parseMoment(text, now), undefined, text);
});
