/** The page's tables are what the provider has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PAGE, withTables } from '../../../scripts/generate/postgres-language.ts';

test('docs/language/postgres.md has the tables of scripts/generate/postgres-language.ts', () => {
  const page = readFileSync(PAGE, 'utf8');
  assert.equal(page, withTables(page));
  assert.match(page, /\| `pg\.wait_event` \|/);
});
