/** The examples of the DWARF standard (appendix C), and what is damaged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LebCursor } from './leb128.ts';

const cursor = (...bytes: number[]) => new LebCursor(Buffer.from(bytes), 'test');

test('unsigned and signed numbers', () => {
  assert.equal(cursor(2).uleb(), 2);
  assert.equal(cursor(0x80 + 57, 100).uleb(), 12857);
  assert.equal(cursor(0x7e).sleb(), -2);
  assert.equal(cursor(0xff, 0x00).sleb(), 127);
  assert.equal(cursor(0x81, 0x7f).sleb(), -127);
  assert.equal(cursor(0x7e).bigLeb(true), -2n);
  assert.equal(cursor(...Array(9).fill(0xff), 1).bigLeb(false), 0xffff_ffff_ffff_ffffn);
});

test('skipping stops where reading does', () => {
  const skipped = cursor(0xff, 0x00, 7);
  skipped.skipLeb();
  assert.equal(skipped.u8(), 7);
});

test('numbers without an end are errors', () => {
  for (const read of ['uleb', 'sleb', 'skipLeb'] as const) assert.throws(() => cursor(0x80, 0x80)[read]());
  assert.throws(() => cursor(...Array(20).fill(0xff)).bigLeb(false), /no end/);
});
