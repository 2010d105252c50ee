/** Only what changed is written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffRows } from './screen.ts';

test('rows that stay are not written again', () => {
  assert.equal(diffRows(['a', 'b'], ['a', 'b']), '');
  assert.equal(diffRows(['a', 'b', 'c'], ['a', 'x']), '\x1b[?2026h\x1b[2;1Hx\x1b[K\x1b[3;1H\x1b[K\x1b[?2026l');
  assert.equal(diffRows([], ['', 'a']), '\x1b[?2026h\x1b[2;1Ha\x1b[K\x1b[?2026l');
});
