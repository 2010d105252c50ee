/** What settings are where nobody says otherwise, by what the kernel has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizeOf } from '../base/record.ts';
import { compile } from './index.ts';

const TWO_TEXTS = 'BEGIN { $at = (uint64)1; @[str($at), (int64)pid, str($at)] = count(); }';

function keyBytes(text: string, longKeys: boolean): number {
  const { script, diagnostics } = compile({ name: 'stdin', text }, { host: { features: { longKeys } } });
  assert.ok(script, JSON.stringify(diagnostics));
  return sizeOf(script.collection.maps.find(({ name }) => name === 'AT_')!.key!);
}

test('where keys have 512 bytes at most, two texts find room in one', () => {
  assert.ok(keyBytes(TWO_TEXTS, true) > 2048);
  assert.ok(keyBytes(TWO_TEXTS, false) <= 512);
});

test('who asks for longer texts gets them', () => {
  assert.ok(keyBytes(`config = { max_strlen = 400 } ${TWO_TEXTS}`, false) > 800);
});
