/** Nothing is lost or written twice while a store is away, within the bound. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox } from './outbox.ts';

test('writes in order, and what waited once the store is back', async () => {
  const written: number[] = [];
  let isAway = false;
  const outbox = new Outbox<number>((item) => {
    if (isAway) throw new Error('no space left');
    written.push(item);
  }, 100);
  await outbox.put(1, 10);
  isAway = true;
  for (const item of [2, 3]) await outbox.put(item, 10);
  assert.deepEqual([outbox.pending, outbox.lost, outbox.trouble], [2, 0, 'no space left']);
  isAway = false;
  await outbox.put(4, 10);
  assert.deepEqual(written, [1, 2, 3, 4]);
  assert.deepEqual([outbox.pending, outbox.lost, outbox.trouble], [0, 0, null]);
});

test('gives up the oldest when there is no room, and counts them', async () => {
  const written: number[] = [];
  let isAway = true;
  const outbox = new Outbox<number>((item) => {
    if (isAway) throw new Error('away');
    written.push(item);
  }, 25);
  for (const item of [1, 2, 3, 4]) await outbox.put(item, 10);
  assert.deepEqual([outbox.pending, outbox.lost], [2, 2]);
  isAway = false;
  await outbox.drain();
  assert.deepEqual(written, [3, 4]);
});

test('does not write twice when asked twice at once', async () => {
  const written: number[] = [];
  const outbox = new Outbox<number>(async (item) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    written.push(item);
  }, 100);
  await Promise.all([outbox.put(1, 1), outbox.put(2, 1), outbox.drain()]);
  await outbox.drain();
  assert.deepEqual(written, [1, 2]);
});
