/** What a failure looks like to people and to programs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PebbleError } from '../base/errors.ts';
import { errorRow, errorText } from './report-error.ts';

const ERROR = new PebbleError('no-target', {
  doing: 'looking for PostgreSQL',
  what: 'no server runs on this host',
  hint: 'start one',
});

test('text: what was being done, what happened, what to do', () => {
  assert.equal(
    errorText(ERROR, false),
    'error: looking for PostgreSQL: no server runs on this host\nhint: start one\n',
  );
  assert.equal(errorText(ERROR, true).split('\x1b[').length, 5);
});

test('row: the same in fields', () => {
  assert.deepEqual(errorRow(ERROR), {
    code: 'no-target',
    doing: 'looking for PostgreSQL',
    what: 'no server runs on this host',
    hint: 'start one',
  });
});

test('a long detail is cut, and says how to see all of it', () => {
  const detail = Array.from({ length: 100 }, (_, line) => `line ${line}`).join('\n');
  const lines = errorText(new PebbleError('verifier', { what: 'rejected', detail }), false)
    .trimEnd()
    .split('\n');
  assert.equal(lines[30], 'line 29');
  assert.equal(lines[31], '… 70 more lines (set PEBBLE_DETAIL=1 to see them)');
  assert.equal(lines.length, 32);
});
