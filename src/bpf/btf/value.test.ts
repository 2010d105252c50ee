import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';
import { formatValue, valueReader } from './value.ts';

const builder = new BtfBuilder();
const u8 = builder.int('unsigned char', 1);
const u32 = builder.int('unsigned int', 4);
const i32 = builder.int('int', 4, { signed: true });
const u64 = builder.int('unsigned long', 8);
const i64 = builder.int('long', 8, { signed: true });
const char = builder.int('char', 1, { signed: true });
const bool = builder.int('_Bool', 1, { bool: true });
const color = builder.enum('color', 4, [
  { name: 'RED', value: 1n },
  { name: 'BLUE', value: 2n },
]);
const member = (name: string, type: number, offsetBits: number, bitSize = 0) => ({ name, type, offsetBits, bitSize });

/** Formats after the builder's types are parsed again. */
function format(type: number, hex: string) {
  return formatValue(Btf.parse(builder.build()), type, Buffer.from(hex, 'hex'));
}

test('integers are exact: numbers while they can be, then bigint', () => {
  assert.equal(format(i32, 'feffffff'), -2);
  assert.equal(format(u32, 'feffffff'), 0xfffffffe);
  assert.equal(format(u64, '0100000000000000'), 1);
  assert.equal(format(u64, 'ffffffffffffffff'), 0xffffffffffffffffn);
  assert.equal(format(i64, 'ffffffffffffffff'), -1);
  assert.equal(format(builder.int('__int128', 16, { signed: true }), 'ff'.repeat(16)), -1);
});

test('bool, float, enum, pointer', () => {
  assert.equal(format(bool, '01'), true);
  assert.equal(format(builder.float('double', 8), '000000000000f83f'), 1.5);
  assert.equal(format(color, '02000000'), 'BLUE');
  assert.equal(format(color, '07000000'), 7);
  assert.equal(format(builder.ptr(u32), '0010000000000080'), '0x8000000000001000');
});

test('char arrays are text, other arrays lists', () => {
  assert.equal(format(builder.array(char, 8), '6162630000000078'), 'abc');
  assert.deepEqual(format(builder.array(u8, 3), '010203'), [1, 2, 3]);
  assert.deepEqual(format(builder.array(builder.array(u8, 2), 2), '01020304'), [
    [1, 2],
    [3, 4],
  ]);
});

test('members of anonymous structs and unions stand in their outer record', () => {
  const parts = builder.union('', 4, [member('whole', u32, 0), member('bytes', builder.array(u8, 4), 0)]);
  const struct = builder.struct('message', 16, [
    member('', parts, 0),
    member('low', u32, 32, 3),
    member('signed', i32, 35, 3),
    member('color', color, 38, 2),
    member('name', builder.array(char, 8), 64),
  ]);
  assert.deepEqual(format(struct, '04030201bb000000686900000000000a'), {
    whole: 0x01020304,
    bytes: [4, 3, 2, 1],
    low: 3,
    signed: -1,
    color: 'BLUE',
    name: 'hi',
  });
});

test('sections of variables are records by name', () => {
  const data = builder.datasec('.data', 8, [
    { type: builder.var('limit', u32, 'global'), offset: 0, size: 4 },
    { type: builder.var('shade', color, 'global'), offset: 4, size: 4 },
  ]);
  assert.deepEqual(format(data, '0500000001000000'), { limit: 5, shade: 'RED' });
});

test('too few bytes, types without end and types too large are errors', () => {
  assert.throws(() => format(u64, '01'), { code: 'format', message: /it takes 8 bytes, there are 1/ });
  const loop = new BtfBuilder();
  const self = loop.struct('self', 4, (id) => [member('again', id, 0)]);
  assert.throws(() => valueReader(Btf.parse(loop.build()), self), /contains itself/);
  const huge = builder.array(builder.array(u8, 0xffffff), 0xffffff);
  assert.throws(() => format(huge, ''), /more than 1000000 parts/);
  const inside = builder.struct('inside', 8, [member('x', u32, 3)]);
  assert.throws(() => format(inside, '0000000000000000'), /within a byte/);
  const outside = builder.struct('outside', 4, [member('x', u64, 0)]);
  assert.throws(() => format(outside, '00000000'), /lies outside of it/);
});
