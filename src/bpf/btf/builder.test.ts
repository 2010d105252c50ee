import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';
import { findField, resolve, sizeOf } from './layout.ts';

test('every kind survives building and parsing', () => {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, { signed: true });
  const flag = builder.int('_Bool', 1, { bool: true });
  const array = builder.array(int, 3);
  const proto = builder.funcProto(int, [
    { name: 'a', type: int },
    { name: '', type: 0 },
  ]);
  const ids = {
    float: builder.float('double', 8),
    ptr: builder.ptr(builder.const(builder.volatile(int))),
    typedef: builder.typedef('word', int),
    tag: builder.typeTag('kptr', int),
    fwd: builder.fwd('later', 'union'),
    small: builder.enum('small', 4, [{ name: 'MINUS', value: -2n }], true),
    large: builder.enum('large', 8, [{ name: 'HUGE', value: 1n << 63n }]),
    func: builder.func('main', proto, 'global'),
    variable: builder.var('counter', int, 'static'),
    datasec: builder.datasec('.bss', 4, [{ type: int, offset: 0, size: 4 }]),
    decl: builder.declTag('user', int),
  };
  const btf = Btf.parse(builder.build());
  const type = (id: number) => btf.type(id);
  assert.deepEqual(type(int), {
    kind: 'int',
    id: int,
    name: 'int',
    size: 4,
    bits: 32,
    bitOffset: 0,
    signed: true,
    char: false,
    bool: false,
  });
  assert.equal(resolve(btf, flag).kind, 'int');
  assert.equal(sizeOf(btf, array), 12);
  assert.equal(btf.kindOf(ids.ptr), 'ptr');
  assert.equal(sizeOf(btf, ids.typedef), 4);
  assert.deepEqual(type(ids.tag), { kind: 'type_tag', id: ids.tag, name: 'kptr', type: int });
  assert.deepEqual(type(ids.fwd), { kind: 'fwd', id: ids.fwd, name: 'later', of: 'union' });
  assert.deepEqual(type(ids.small), {
    kind: 'enum',
    id: ids.small,
    name: 'small',
    size: 4,
    signed: true,
    values: [{ name: 'MINUS', value: -2n }],
  });
  assert.deepEqual(type(ids.large), {
    kind: 'enum64',
    id: ids.large,
    name: 'large',
    size: 8,
    signed: false,
    values: [{ name: 'HUGE', value: 1n << 63n }],
  });
  assert.deepEqual(type(ids.func), { kind: 'func', id: ids.func, name: 'main', type: proto, linkage: 'global' });
  assert.deepEqual(type(proto), {
    kind: 'func_proto',
    id: proto,
    returns: int,
    params: [
      { name: 'a', type: int },
      { name: '', type: 0 },
    ],
  });
  assert.deepEqual(type(ids.variable), {
    kind: 'var',
    id: ids.variable,
    name: 'counter',
    type: int,
    linkage: 'static',
  });
  assert.deepEqual(type(ids.datasec), {
    kind: 'datasec',
    id: ids.datasec,
    name: '.bss',
    size: 4,
    variables: [{ type: int, offset: 0, size: 4 }],
  });
  assert.deepEqual(type(ids.decl), { kind: 'decl_tag', id: ids.decl, name: 'user', type: int, component: -1 });
  assert.equal(sizeOf(btf, ids.float), 8);
});

test('equal types are stored once', () => {
  const builder = new BtfBuilder();
  const first = builder.ptr(builder.int('int', 4, { signed: true }));
  const before = builder.build().length;
  assert.equal(builder.ptr(builder.int('int', 4, { signed: true })), first);
  assert.equal(builder.build().length, before);
});

test('a struct may point to itself, and bit-fields and anonymous members are found', () => {
  const builder = new BtfBuilder();
  const u32 = builder.int('unsigned int', 4);
  const inner = builder.struct('', 8, [
    { name: 'low', type: u32, offsetBits: 0, bitSize: 3 },
    { name: 'rest', type: u32, offsetBits: 32, bitSize: 0 },
  ]);
  const node = builder.struct('node', 24, (self) => [
    { name: 'next', type: builder.ptr(self), offsetBits: 0, bitSize: 0 },
    { name: '', type: inner, offsetBits: 64, bitSize: 0 },
    { name: 'pair', type: builder.array(inner, 1), offsetBits: 128, bitSize: 0 },
  ]);
  const btf = Btf.parse(builder.build());
  assert.equal(btf.find('node', 'struct'), node);
  assert.deepEqual(findField(btf, node, 'low'), { type: u32, offsetBits: 64, bitSize: 3 });
  assert.deepEqual(findField(btf, node, 'pair[0].rest'), { type: u32, offsetBits: 160, bitSize: 0 });
  assert.equal(findField(btf, node, 'next.low'), undefined);
  assert.equal(findField(btf, node, 'none'), undefined);
});

test('split BTF continues the ids and strings of its base', () => {
  const below = new BtfBuilder();
  const int = below.int('int', 4);
  const base = Btf.parse(below.build(), { name: 'base' });
  const above = new BtfBuilder(base);
  const own = above.struct('mine', 4, [{ name: 'x', type: int, offsetBits: 0, bitSize: 0 }]);
  const btf = Btf.parse(above.build(), { name: 'module', base });
  assert.equal(own, base.endId);
  assert.equal(btf.find('mine'), own);
  assert.equal(btf.find('int', 'int'), int);
  assert.equal(base.find('mine'), undefined);
  assert.equal(btf.nameOf(own), 'mine');
  assert.equal(findField(btf, own, 'x')?.type, int);
});
