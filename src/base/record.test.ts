/** Record layouts agree with C and survive a round trip. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, decoder, i32, record, sizeOf, text, u8, u32, u64, write } from './record.ts';

const inner = record('inner', { a: u8, b: u64 });
const outer = record('outer', { tag: u8, word: u32, inner, list: array(i32, 3), comm: text(16) });

test('fields lie where a C compiler puts them', () => {
  assert.deepEqual(inner.offsets, { a: 0, b: 8 });
  assert.deepEqual(outer.offsets, { tag: 0, word: 4, inner: 8, list: 24, comm: 36 });
  assert.equal(sizeOf(outer), 56);
});

test('what was written is read back', () => {
  const view = new DataView(new ArrayBuffer(outer.size));
  const value = {
    tag: 7,
    word: 0xdeadbeef,
    inner: { a: 255, b: (1n << 64n) - 1n },
    list: [-1, 0, 1],
    comm: 'postgres',
  };
  write(outer, view, 0, value);
  assert.deepEqual(decoder(outer)(view, 0), value);
});

test('text that fills its buffer has no NUL', () => {
  const four = text(4);
  const view = new DataView(new Uint8Array([0x61, 0xff, 0x62, 0x63]).buffer);
  assert.equal(decoder(four)(view, 0), 'aÿbc');
});
