/** Which spellings of a duration are understood. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration, rfc3339 } from './time.ts';

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
