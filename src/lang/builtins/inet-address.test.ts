/** Addresses as people write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from './inet-address.ts';

test('IPv4', () => {
  assert.deepEqual(parseAddress('127.0.0.1'), [127, 0, 0, 1]);
  assert.equal(parseAddress('127.0.0.256'), undefined);
  assert.equal(parseAddress('1.2.3'), undefined);
});

test('IPv6', () => {
  assert.deepEqual(parseAddress('::1'), [...Array(15).fill(0), 1]);
  assert.deepEqual(
    parseAddress('2001:db8::ffff:1.2.3.4'),
    [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4],
  );
  assert.equal(parseAddress('1::2::3'), undefined);
  assert.equal(parseAddress('1:2:3'), undefined);
});
