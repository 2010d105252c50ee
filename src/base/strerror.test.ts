import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strerror } from './strerror.ts';

test('the texts stand at their numbers', () => {
  assert.equal(strerror(1), 'Operation not permitted');
  assert.equal(strerror(14), 'Bad address');
  assert.equal(strerror(41), 'Unknown error 41');
  assert.equal(strerror(110), 'Connection timed out');
  assert.equal(strerror(133), 'Memory page has hardware error');
  assert.equal(strerror(524), 'Unknown error 524');
});
