import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteCursor, textAt } from './bytes.ts';

test('a cursor reads little-endian values in turn', () => {
  const cursor = new ByteCursor(Buffer.from('01020304050607ff0000000000000061620063', 'hex'), 'sample');
  assert.equal(cursor.u8(), 1);
  assert.equal(cursor.u16(), 0x0302);
  assert.equal(cursor.u32(), 0x07060504);
  assert.equal(cursor.u64(), 0xffn);
  assert.equal(cursor.text(), 'ab');
  assert.equal(cursor.remaining, 1);
  assert.deepEqual([...cursor.take(1)], [0x63]);
});

test('alignment counts from the start of the bytes and stops at their end', () => {
  const cursor = new ByteCursor(Buffer.alloc(6), 'sample', 1);
  cursor.align(4);
  assert.equal(cursor.offset, 4);
  cursor.u8();
  cursor.align(4);
  assert.equal(cursor.offset, 6);
});

test('reading past the end says what was read and where', () => {
  const cursor = new ByteCursor(Buffer.alloc(3), 'ELF header of x', 1);
  assert.throws(() => cursor.u32(), {
    code: 'format',
    message: 'reading ELF header of x: 4 bytes wanted, 2 left (at byte 1)',
  });
  assert.throws(() => cursor.take(-1), { code: 'format' });
  assert.throws(() => new ByteCursor(Buffer.from('ab'), 'x').text(), /text has no end/);
});

test('a size that a number cannot hold exactly is refused', () => {
  const cursor = new ByteCursor(Buffer.alloc(8, 0xff), 'x');
  assert.throws(() => cursor.size64(), /out of range/);
});

test('text without its NUL runs to the end', () => {
  assert.equal(textAt(Buffer.from('ab\0cd'), 0), 'ab');
  assert.equal(textAt(Buffer.from('ab\0cd'), 3), 'cd');
});
