import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clockNs, errorName, KernelError, must, parseCpuList } from './index.ts';

test('error numbers have names, those that the kernel keeps to itself too', () => {
  assert.deepEqual(errorName(2), ['ENOENT', 'no such file or directory']);
  assert.equal(errorName(524)[0], 'ENOTSUPP');
  assert.equal(errorName(9999)[0], 'errno 9999');
});

test('a failed call becomes an error that says what was done and what to do', () => {
  assert.equal(must(7, 'counting'), 7);
  assert.throws(
    () => must(-1, 'creating map "a"', (errno) => (errno === 1 ? 'be root' : undefined)),
    (error: KernelError) =>
      error instanceof KernelError &&
      error.message === 'creating map "a": operation not permitted (EPERM)' &&
      error.code === 'privilege' &&
      error.hint === 'be root',
  );
});

test('CPU lists of sysfs', () => {
  assert.deepEqual(parseCpuList('0-1\n'), [0, 1]);
  assert.deepEqual(parseCpuList('0,2-3,8'), [0, 2, 3, 8]);
  assert.deepEqual(parseCpuList('\n'), []);
});

test('clocks run on: TAI ahead of UTC by whole seconds, boot time near /proc/uptime', () => {
  const wall = Date.now();
  assert.ok(Math.abs(Number(clockNs('realtime') / 1_000_000n) - wall) < 1000);
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  assert.ok(Math.abs(Number(clockNs('boottime')) / 1e9 - uptime) < 1);
  assert.ok(clockNs('monotonic') <= clockNs('boottime'));
});
