/** Where in a file uprobes go: behind what the kernel would step singly. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { judgeSites } from './user-site.ts';

// Node's own program: OpenSSL's assembly in it marks where functions begin (endbr64), whatever the compiler does.
test('places are behind endbr64, and what is stepped singly is said', { skip: process.arch !== 'x64' }, () => {
  const program = readFileSync(process.execPath);
  const at = (hex: string): bigint => BigInt(program.indexOf(Buffer.from(hex, 'hex')));
  const [markedPush, markedNone, push, subtract] = [at('f30f1efa55'), at('f30f1efa4883ec'), at('5553'), at('4883ec')];
  assert.ok(markedPush > 0n && markedNone > 0n && push > 0n && subtract > 0n);
  const cheap = judgeSites(process.execPath, [markedPush, push]);
  assert.deepEqual(cheap, { fileOffsets: [markedPush + 4n, push], warnings: [] });
  const dear = judgeSites(process.execPath, [push, subtract, markedNone]);
  assert.deepEqual(dear.fileOffsets, [push, subtract, markedNone + 4n]);
  assert.match(dear.warnings.join('|'), /^the instruction there is single-stepped/);
});

test('in a file of no format that is known places are taken as they are', () => {
  assert.deepEqual(judgeSites(import.meta.filename, [16n]), { fileOffsets: [16n], warnings: [] });
});
