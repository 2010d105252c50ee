/** The order of giving up as people read it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { GIVING_UP } from './governor.ts';

test('the order of giving up is the one that docs/overhead.md tells', () => {
  const text = readFileSync(new URL('../../docs/overhead.md', import.meta.url), 'utf8');
  const table = text.slice(text.indexOf('| given up'), text.indexOf('Times, waits and counts'));
  assert.deepEqual(
    [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, signal]) => signal),
    GIVING_UP,
  );
});
