/** Sums of lock waits over windows: what is added, and who is still waiting. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LockRow } from '../api/index.ts';
import { type LockWindow, sumLocks } from './lock-history.ts';

const MINUTE = 60_000;
const row = (wait_us: number, waiting: boolean): LockRow =>
  ({
    waiter_pid: 7,
    blocker_pid: 11,
    count: 1,
    wait_us,
    max_us: wait_us,
    waiting,
    inexact: [],
    dropped: 0,
  }) as unknown as LockRow;
const windows: LockWindow[] = [
  { fromMs: 0, toMs: MINUTE, rows: [row(100, true)] },
  { fromMs: MINUTE, toMs: 2 * MINUTE, rows: [row(23, true)] },
];
const summed = (some: readonly LockWindow[], toMs: number) =>
  sumLocks(some, { fromMs: 0, toMs }).rows.map(({ wait_us, waiting }) => ({ wait_us, waiting }));

test('a wait of several windows is one, and goes on where the last of them is the end', () => {
  assert.deepEqual(summed(windows, 2 * MINUTE), [{ wait_us: 123, waiting: true }]);
  const ended = { fromMs: 2 * MINUTE, toMs: 3 * MINUTE, rows: [row(4, false)] };
  assert.deepEqual(summed([...windows, ended], 3 * MINUTE), [{ wait_us: 127, waiting: false }]);
});

test('nobody is said to wait at the end of a range that goes on after what is known', () => {
  assert.deepEqual(summed(windows, 3 * MINUTE), [{ wait_us: 123, waiting: true }]);
  assert.deepEqual(summed(windows, 10 * MINUTE), [{ wait_us: 123, waiting: false }]);
});
