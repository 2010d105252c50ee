import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PerfMap } from './perf-map.ts';

test('code is named while it lasts; what was compiled later at its place wins', () => {
  const map = PerfMap.parse('1000 20 first\n0x2000 10 LazyCompile:~work file.js:3\n1000 10 second\nnonsense\n');
  assert.deepEqual(map.locate(0x1008), { symbol: 'second', offset: 8, near: false });
  assert.deepEqual(map.locate(0x2001), { symbol: 'LazyCompile:~work file.js:3', offset: 1, near: false });
  assert.equal(map.locate(0x3000), undefined);
  assert.equal(map.locate(0), undefined);
});
