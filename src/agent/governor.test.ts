/** Budgets as people write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBudget } from './governor.ts';

test('a budget is a share of the CPUs, or none', () => {
  assert.equal(parseBudget('1%'), 0.01);
  assert.equal(parseBudget('0.5 %'), 0.005);
  assert.equal(parseBudget('none'), null);
});

test('anything else is refused, with what would do', () => {
  for (const text of ['', '1', 'half', '-1%']) assert.throws(() => parseBudget(text), /no share of the CPUs/);
});
