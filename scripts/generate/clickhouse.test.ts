/** The committed statements are those that agents execute. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FILES } from './clickhouse.ts';

for (const [path, content] of Object.entries(FILES)) {
  test(`${path} is what scripts/generate/clickhouse.ts makes`, () => {
    assert.equal(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'), content);
  });
}
