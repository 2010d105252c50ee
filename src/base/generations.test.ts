/** A bounded cache: what is used stays, the rest goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Generations } from './generations.ts';

test('keeps what is used, and no more than twice its size', () => {
  const cache = new Generations<number, string>(10);
  cache.set(-1, 'used');
  for (let n = 0; n < 1000; n++) {
    cache.set(n, `value ${n}`);
    assert.equal(cache.get(-1), 'used');
    assert.ok(cache.size <= 20);
  }
  assert.equal(cache.get(999), 'value 999');
  assert.equal(cache.get(0), undefined);
  cache.clear();
  assert.deepEqual([cache.size, cache.get(999)], [0, undefined]);
});
