/** The argument texts that compilers write into USDT notes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseUsdtArguments } from './usdt-arguments.ts';

test('registers, constants and memory of x86-64', () => {
  assert.deepEqual(parseUsdtArguments('-4@%edi 8@$-7 1@-16(%rbp) 8@24(%rax,%rcx,8) 4@(%rsp)'), [
    { size: 4, signed: true, place: { in: 'register', register: 'edi' } },
    { size: 8, signed: false, place: { in: 'constant', value: -7n } },
    { size: 1, signed: false, place: { in: 'memory', base: 'rbp', offset: -16n, scale: 1 } },
    { size: 8, signed: false, place: { in: 'memory', base: 'rax', index: 'rcx', offset: 24n, scale: 8 } },
    { size: 4, signed: false, place: { in: 'memory', base: 'rsp', offset: 0n, scale: 1 } },
  ]);
});

test('registers and memory of AArch64', () => {
  assert.deepEqual(parseUsdtArguments('8@x0 -4@[sp, 12]'), [
    { size: 8, signed: false, place: { in: 'register', register: 'x0' } },
    { size: 4, signed: true, place: { in: 'memory', base: 'sp', offset: 12n, scale: 1 } },
  ]);
});

test('constants are as wide as they are passed', () => {
  const values = parseUsdtArguments('4@$-202182160 -4@$-202182160 2@$-3600 1@$240')?.map(({ place }) => place);
  assert.deepEqual(
    values,
    [4092785136n, -202182160n, 61936n, 240n].map((value) => ({ in: 'constant', value })),
  );
});

test('no arguments; forms that are not known', () => {
  assert.deepEqual(parseUsdtArguments(''), []);
  assert.equal(parseUsdtArguments('8@sym+4(%rip,%zz'), undefined);
});
