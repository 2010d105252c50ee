/** The order of giving up as people read it, and how many go at once. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { GIVING_UP, nextGivenUp } from './governor.ts';

test('the order of giving up is the one that docs/overhead.md tells', () => {
  const text = readFileSync(new URL('../../docs/overhead.md', import.meta.url), 'utf8');
  const table = text.slice(text.indexOf('| given up'), text.indexOf('Times, waits and counts'));
  assert.deepEqual(
    [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, signal]) => signal),
    GIVING_UP,
  );
});

test('one signal goes, more where the budget is exceeded several times, and half of what is left at most', () => {
  const all = new Set(GIVING_UP);
  assert.deepEqual(nextGivenUp(all, 1.9), ['off_cpu']);
  assert.deepEqual(nextGivenUp(all, 3.2), ['off_cpu', 'profile', 'executions']);
  assert.equal(nextGivenUp(all, Number.POSITIVE_INFINITY).length, 5);
  assert.deepEqual(nextGivenUp(new Set(['io', 'locks', 'clients']), 9), ['locks', 'io']);
  assert.deepEqual(nextGivenUp(new Set(['clients']), 9), ['clients']);
  assert.deepEqual(nextGivenUp(new Set(), 9), []);
});
