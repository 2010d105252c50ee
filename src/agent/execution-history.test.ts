/** Which executions are kept and found again: the slowest of each statement, and of a minute where thousands come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecutionRow } from '../api/index.ts';
import type { EndedExecution, Totals } from '../collect/attribution/index.ts';
import { ExecutionHistory } from './execution-history.ts';

const at = (ms: number): Totals => ({ wallMs: ms, monotonicMs: ms, dropped: 0 }) as unknown as Totals;
const ended = (doerKey: string, latencyUs: number, endMs: number): EndedExecution => ({
  doerKey,
  latencyUs,
  endMs,
  row: () => ({ query: doerKey, latency_us: latencyUs }) as ExecutionRow,
});

test('the slowest of each of the slowest statements, of a range', () => {
  const some = [
    ended('a', 50, 900),
    ended('a', 70, 950),
    ended('b', 60, 960),
    ended('c', 5, 970),
    ended('d', 99, 4000),
  ];
  const history = new ExecutionHistory({ takeEnded: () => some }, at(0));
  history.advance(at(5000));
  const rows = history.slowestOfEach({ fromMs: 0, toMs: 1000 }, 2);
  assert.deepEqual(
    rows.map(({ query, latency_us }) => [query, latency_us]),
    [
      ['a', 70],
      ['b', 60],
    ],
  );
});

test('where thousands come, those of a minute are asked for until they have not come for two', () => {
  const asked: (number | undefined)[] = [];
  const coming = [1001, 3, 0, 0, 0];
  const source = {
    takeEnded: (_window: unknown, atLeastMs?: number): EndedExecution[] => {
      asked.push(atLeastMs);
      return Array.from({ length: coming[asked.length - 1]! }, (_, n) => ended(`${n}`, n, 1));
    },
  };
  const history = new ExecutionHistory(source, at(0));
  for (const seconds of [10, 20, 130, 140, 150]) history.advance(at(seconds * 1000));
  assert.deepEqual(asked, [0, 60_000, 60_000, 0, 0]);
});
