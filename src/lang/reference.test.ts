/** The reference is what the compiler's tables say, and the tutorial's scripts compile. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { REFERENCE, reference } from '../../scripts/generate/language-reference.ts';
import { parse } from './syntax/index.ts';

test('docs/language/reference.md is what scripts/generate/language-reference.ts makes', () => {
  assert.equal(readFileSync(REFERENCE, 'utf8'), reference());
});

test('the scripts of the tutorial parse', () => {
  const text = readFileSync(new URL('../../docs/language/tutorial.md', import.meta.url), 'utf8');
  const blocks =
    text
      .split(/\n(?! {4})/)
      .join('\n')
      .match(/(?:^ {4}.*\n)+/gm) ?? [];
  const scripts = blocks.flatMap((block) => {
    const inCommand = [...block.matchAll(/-e '([^']*)'/g)].map(([, script]) => script!);
    return inCommand.length > 0 || /pebble|import|const run/.test(block) ? inCommand : [block];
  });
  assert.ok(scripts.length > 7);
  for (const script of scripts) assert.deepEqual(parse({ name: 'tutorial', text: script }).diagnostics, [], script);
});
