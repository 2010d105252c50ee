import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorName, KernelError, must, parseCpuList } from './index.ts';

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
