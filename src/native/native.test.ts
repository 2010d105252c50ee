import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocate, scratch, syscall, viewOf } from './index.ts';

const EBADF = 9;

test('a failing system call gives minus its errno', () => {
  assert.equal(syscall('close', -1), -EBADF);
});

test('a block is at its address', () => {
  const block = allocate(4096);
  block.bytes.write('pebble');
  assert.equal(Buffer.from(viewOf(block.address, 6)).toString(), 'pebble');
});

test('arguments keep their addresses while others are taken', () => {
  scratch((arena) => {
    const small = arena.text('tiny');
    const large = arena.bytes(new Uint8Array(100_000).fill(7));
    const list = arena.u64s([1n, -1n]);
    assert.equal(Buffer.from(viewOf(small, 5)).toString(), 'tiny\0');
    assert.equal(new Uint8Array(viewOf(large, 100_000))[99_999], 7);
    assert.deepEqual([...new BigUint64Array(viewOf(list, 16))], [1n, (1n << 64n) - 1n]);
  });
});

test('memory is zeroed when it is taken again', () => {
  const first = scratch((arena) => {
    const block = arena.take(64);
    block.bytes.fill(255);
    return block.address;
  });
  scratch((arena) => {
    const block = arena.take(64);
    assert.equal(block.address, first);
    assert.ok(block.bytes.every((byte) => byte === 0));
  });
});
