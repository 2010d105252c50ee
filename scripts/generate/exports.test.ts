import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { entryFiles } from './exports.ts';

const ROOT = new URL('../../', import.meta.url);

test('exports/ is what scripts/generate/exports.ts makes', async () => {
  for (const [file, text] of await entryFiles())
    assert.equal(
      readFileSync(new URL(file, ROOT), 'utf8'),
      text,
      `${file} is old; run: node scripts/generate/exports.ts`,
    );
});
