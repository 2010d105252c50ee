/** Budgets as people write them, and the order of giving up as they read it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { GIVING_UP, parseBudget } from './governor.ts';

test('the order of giving up is the one that docs/overhead.md tells', () => {
  const text = readFileSync(new URL('../../docs/overhead.md', import.meta.url), 'utf8');
  const table = text.slice(text.indexOf('| given up'), text.indexOf('Times, waits and counts'));
  assert.deepEqual(
    [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, signal]) => signal),
    GIVING_UP,
  );
});

test('a budget is a share of the CPUs, or none', () => {
  assert.equal(parseBudget('1%'), 0.01);
  assert.equal(parseBudget('0.5 %'), 0.005);
  assert.equal(parseBudget('none'), null);
});

test('anything else is refused, with what would do', () => {
  for (const text of ['', '1', 'half', '-1%']) assert.throws(() => parseBudget(text), /no share of the CPUs/);
});
