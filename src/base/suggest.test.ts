/** Which typing mistakes are recognised, and which are left alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, suggest } from './suggest.ts';

test('distance counts insertions, deletions, replacements and swaps', () => {
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('verison', 'version'), 1);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('abc', 'abc'), 0);
});

test('the nearest name is suggested, a far one is not', () => {
  const names = ['queries', 'trace', 'top'];
  assert.equal(suggest('querys', names), 'queries');
  assert.equal(suggest('Trcae', names), 'trace');
  assert.equal(suggest('vacuum', names), undefined);
  assert.equal(suggest('x', []), undefined);
});
