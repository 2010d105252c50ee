/** A wall clock that is set wrong must not make history old. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PatientClock } from './patient-clock.ts';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

test('follows a clock that is right, and one that is set back', () => {
  const clock = new PatientClock(1000, 0);
  assert.equal(clock.advance(11_000, 10_000), 11_000);
  assert.equal(clock.advance(5000, 20_000), 5000);
  assert.equal(clock.advance(15_000, 30_000), 15_000);
});

test('an hour in which the clock is a year ahead makes nothing older than ten hours', () => {
  const clock = new PatientClock(0, 0);
  assert.equal(clock.advance(YEAR, HOUR), 10 * HOUR);
  assert.equal(clock.advance(2 * HOUR, 2 * HOUR), 2 * HOUR);
});

test('after a pause of a weekend it has caught up within hours', () => {
  const clock = new PatientClock(0, 0);
  assert.equal(clock.advance(61 * HOUR, HOUR), 10 * HOUR);
  assert.equal(clock.advance(67 * HOUR, 7 * HOUR), 67 * HOUR);
});
