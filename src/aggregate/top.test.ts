/** What counts as the top, and that nothing is lost beside it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitTop } from './top.ts';

test('the highest come first, the others stay whole', () => {
  const { top, others } = splitTop([3, 1, 4, 1, 5], 2, (value) => value);
  assert.deepEqual(top, [5, 4]);
  assert.deepEqual(others, [3, 1, 1]);
  assert.deepEqual(
    splitTop([1, 2], 5, (value) => value),
    { top: [2, 1], others: [] },
  );
});

test('equal scores keep their order', () => {
  const rows = ['a', 'b', 'c'].map((name) => ({ name }));
  assert.deepEqual(
    splitTop(rows, 2, () => 1).top.map(({ name }) => name),
    ['a', 'b'],
  );
});
