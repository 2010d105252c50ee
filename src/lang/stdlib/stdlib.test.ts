/** The library's texts are those of its files, and every macro parses. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { stdlibTexts } from '../../../scripts/generate/stdlib.ts';
import { parse } from '../syntax/index.ts';
import { standardLibrary } from './index.ts';

test('texts.ts is what scripts/generate/stdlib.ts makes', () => {
  const committed = readFileSync(new URL('texts.ts', import.meta.url), 'utf8');
  assert.equal(committed, stdlibTexts());
});

test('the library parses', () => {
  for (const source of new Set(standardLibrary().values())) assert.deepEqual(parse(source).diagnostics, []);
});
