/** What a failure looks like to people and to programs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, PebbleError } from '../base/errors.ts';
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
  const linesOf = (code: ErrorCode): string[] =>
    errorText(new PebbleError(code, { what: 'went wrong', detail }), false)
      .trimEnd()
      .split('\n');
  const more = '… 70 more lines (set PEBBLE_DETAIL=1 to see them)';
  assert.deepEqual(linesOf('internal').slice(-2), ['line 29', more]);
  // The verifier says at the end why it gives up.
  assert.deepEqual(linesOf('verifier').slice(1, 3), [more, 'line 70']);
  assert.equal(linesOf('verifier').at(-1), 'line 99');
  assert.equal(linesOf('usage').length, 101);
});
