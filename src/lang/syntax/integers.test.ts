import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSigned, parseUnsigned, suffixOf } from './integers.ts';

const GOOD: [string, bigint][] = [
  ['0', 0n],
  ['0x1F', 31n],
  ['0b101', 5n],
  ['017', 15n],
  ['1_000_000', 1_000_000n],
  ['3e6', 3_000_000n],
  ['18446744073709551615', 2n ** 64n - 1n],
  ['4294967295u', 2n ** 32n - 1n],
  ['9223372036854775807ll', 2n ** 63n - 1n],
  ['5us', 5_000n],
  ['2m', 120_000_000_000n],
  ['1d', 86_400_000_000_000n],
];
const BAD: [string, string][] = [
  ['', 'invalid integer: '],
  ['nan', 'invalid integer: nan'],
  ['1b', 'invalid trailing bytes: 1b'],
  ['08', 'invalid trailing bytes: 08'],
  ['5e', 'invalid trailing bytes: 5e'],
  ['12e4', 'coefficient part of scientific literal must be 1-9: 12e4'],
  ['1e21', 'overflow error, maximum value is 18446744073709551615: 1e21'],
  ['18446744073709551616', 'overflow error, maximum value is 18446744073709551615: 18446744073709551616'],
  ['4294967296u', 'overflow error, maximum value is 4294967295: 4294967296u'],
  ['20000000000s', 'overflow error, maximum value is 18446744073709551615: 20000000000s'],
];

test('unsigned integers', () => {
  for (const [text, value] of GOOD) assert.deepEqual(parseUnsigned(text), { value }, text);
  for (const [text, error] of BAD) assert.deepEqual(parseUnsigned(text), { error }, text);
});

test('signed integers', () => {
  assert.deepEqual(parseSigned('-5'), { value: -5n });
  assert.deepEqual(parseSigned('-9223372036854775808'), { value: -(2n ** 63n) });
  assert.ok('error' in parseSigned('9223372036854775808'));
  assert.ok('error' in parseSigned('-9223372036854775809'));
});

test('suffixes', () => {
  assert.equal(suffixOf('5ms'), 'ms');
  assert.equal(suffixOf('1e6ull'), 'ull');
  assert.equal(suffixOf('0x5d'), undefined);
  assert.equal(suffixOf('17'), undefined);
});
