/** What terminals send for keys. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeKeys } from './keys.ts';

test('letters, sequences and controls, also several in one read', () => {
  assert.deepEqual(decodeKeys('q'), ['q']);
  assert.deepEqual(decodeKeys('a \x1b[A\x1b[6~é😀\r\x7f\x03'), [
    'a',
    ' ',
    'up',
    'page-down',
    'é',
    '😀',
    'enter',
    'backspace',
    'ctrl-c',
  ]);
  assert.deepEqual(decodeKeys('\x1b'), ['escape']);
  assert.deepEqual(decodeKeys('\x1b[1;5C\x01x'), ['x']);
});
