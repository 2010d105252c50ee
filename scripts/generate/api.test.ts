import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { apiPages } from './api.ts';

const pages = apiPages();
const FOLDER = new URL('../../docs/api/', import.meta.url);

test('docs/api is what scripts/generate/api.ts makes', () => {
  assert.deepEqual(readdirSync(FOLDER).sort(), [...pages.keys()].sort());
  for (const [name, text] of pages) {
    const again = 'run: node scripts/generate/api.ts';
    assert.equal(readFileSync(new URL(name, FOLDER), 'utf8'), text, `docs/api/${name} is old; ${again}`);
  }
});

test('classes, overloads and functions come with their comments', () => {
  const page = pages.get('bpf.md')!;
  assert.match(page, /^### Collection$/m);
  assert.match(page, /^### loadCollection\n\nCreates the maps and loads the programs/m);
  assert.match(page, /Detaches everything and lets go of programs and maps/);
  assert.doesNotMatch(page, /#private/);
});
