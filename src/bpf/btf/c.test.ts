import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';
import { cDeclaration, cDefinition } from './c.ts';

const builder = new BtfBuilder();
const int = builder.int('int', 4, { signed: true });
const char = builder.int('char', 1);
const member = (name: string, type: number, offsetBits: number, bitSize = 0) => ({ name, type, offsetBits, bitSize });
const sock = builder.struct('sock', 8, [member('a', int, 0), member('b', int, 32)]);
const declare = (type: number, name?: string) => cDeclaration(Btf.parse(builder.build()), type, name);
const define = (type: number) => cDefinition(Btf.parse(builder.build()), type);

test('declarations read as C writes them', () => {
  assert.equal(declare(int, 'x'), 'int x');
  assert.equal(declare(builder.ptr(sock), 'sk'), 'struct sock *sk');
  assert.equal(declare(builder.ptr(sock)), 'struct sock *');
  assert.equal(declare(builder.ptr(builder.ptr(builder.const(char))), 'names'), 'const char **names');
  assert.equal(declare(builder.const(builder.ptr(char)), 'name'), 'char * const name');
  assert.equal(declare(builder.array(builder.array(int, 2), 3), 'grid'), 'int grid[3][2]');
  assert.equal(declare(builder.ptr(builder.array(int, 2)), 'row'), 'int (*row)[2]');
  assert.equal(declare(builder.array(builder.ptr(0), 2), 'both'), 'void *both[2]');
  const proto = builder.funcProto(int, [
    { name: 'sk', type: builder.ptr(sock) },
    { name: '', type: 0 },
  ]);
  assert.equal(declare(builder.ptr(proto), 'call'), 'int (*call)(struct sock *sk, ...)');
  assert.equal(define(builder.func('connect', proto, 'global')), 'int connect(struct sock *sk, ...);');
});

test('definitions show nesting, bit-fields, gaps and packing', () => {
  const inner = builder.union('', 4, [member('x', int, 0), member('y', builder.array(char, 4), 0)]);
  const struct = builder.struct('outer', 32, [
    member('first', int, 0),
    member('', inner, 32),
    member('bit', int, 64, 3),
    member('named', inner, 192),
  ]);
  assert.equal(
    define(struct),
    `struct outer {
	int first;
	union {
		int x;
		char y[4];
	};
	int bit: 3;
	long: 64;
	union {
		int x;
		char y[4];
	} named;
	int: 32;
};`,
  );
  assert.equal(
    define(builder.struct('tight', 5, [member('c', char, 0), member('i', int, 8)])).split('\n')[3],
    '} __attribute__((packed));',
  );
  assert.equal(define(builder.struct('empty', 0, [])), 'struct empty {};');
  assert.equal(define(builder.enum('side', 4, [{ name: 'LEFT', value: -1n }], true)), 'enum side {\n\tLEFT = -1,\n};');
  assert.equal(define(builder.typedef('number', int)), 'typedef int number;');
});

test('types that refer to themselves end in an error', () => {
  const loop = new BtfBuilder();
  loop.ptr(1);
  assert.throws(() => cDeclaration(Btf.parse(loop.build()), 1), { code: 'format', message: /refers to itself/ });
});
