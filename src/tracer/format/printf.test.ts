/** printf: flags, widths, casts and every kind of argument. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { record, u32 } from '../../base/record.ts';
import { shapeOf } from '../../lang/types/layout.ts';
import {
  BOOL,
  type EnumType,
  INT8,
  INT16,
  INT32,
  INT64,
  pointerTo,
  stringType,
  type Type,
  tupleOf,
  UINT8,
  UINT32,
  UINT64,
  VOID,
} from '../../lang/types/type.ts';
import { CONTEXT, recordOf } from '../testing/memory.ts';
import { compileFormat } from './printf.ts';

const COLOR: EnumType = {
  kind: 'enum',
  name: 'color',
  size: 4,
  signed: false,
  names: new Map([[3n, 'GREEN']]),
};

function printf(format: string, ...args: readonly (readonly [Type, unknown])[]): string {
  const fields = Object.fromEntries(args.map(([type], i) => [`a${i}`, shapeOf(type)]));
  const shape = record('printf', { id: u32, ...fields });
  const values = Object.fromEntries(args.map(([, value], i) => [`a${i}`, value]));
  const named = args.map(([type], i) => ({ name: `a${i}`, type }));
  return compileFormat(format, named, shape, CONTEXT)(recordOf(shape, values), 0);
}

test('text around conversions', () => {
  assert.equal(printf('100%% of\n'), '100% of\n');
  assert.equal(printf('%d%%', [INT32, 7]), '7%');
  assert.equal(printf('%d-%s!\n', [INT64, 42n], [stringType(8), 'psql']), '42-psql!\n');
});

test('integers are cut to int unless a modifier says otherwise, as in C', () => {
  assert.equal(printf('%d', [INT64, 5_000_000_000n]), '705032704');
  assert.equal(printf('%ld', [INT64, 5_000_000_000n]), '5000000000');
  assert.equal(printf('%lld', [INT64, -(2n ** 63n)]), '-9223372036854775808');
  assert.equal(printf('%llu', [UINT64, 2n ** 64n - 1n]), '18446744073709551615');
  assert.equal(printf('%u', [INT64, -1n]), '4294967295');
  assert.equal(printf('%d', [UINT32, 4294967295]), '-1');
  assert.equal(printf('%ld', [UINT32, 4294967295]), '4294967295');
  assert.equal(printf('%llu', [INT8, -1]), '18446744073709551615');
  assert.equal(printf('%hhd %hhu', [INT16, 255], [INT16, -1]), '-1 255');
  assert.equal(printf('%hd', [UINT64, 65_535n]), '-1');
  assert.equal(printf('%lld', [INT64, -(2n ** 53n) - 3n]), '-9007199254740995');
});

test('radix, sign and prefix', () => {
  assert.equal(printf('%x %X %o', [UINT64, 255n], [UINT64, 255n], [UINT64, 8n]), 'ff FF 10');
  assert.equal(printf('%#x %#X %#o %#x', [UINT8, 255], [UINT8, 255], [UINT8, 8], [UINT8, 0]), '0xff 0XFF 010 0');
  assert.equal(printf('%llx', [INT64, -1n]), 'ffffffffffffffff');
  assert.equal(printf('%+d %+d', [INT32, 5], [INT32, -5]), '+5 -5');
  assert.equal(printf('%p %p', [pointerTo(VOID, 'user'), 0xabcn], [pointerTo(VOID, 'user'), 0n]), '0xabc 0');
  assert.equal(printf('%c%c', [UINT8, 65], [UINT64, 66n]), 'AB');
});

test('widths; zeros come before the sign', () => {
  assert.equal(
    printf('[%5d|%-5d|%05d|%05d]', [INT32, 42], [INT32, 42], [INT32, 42], [INT32, -42]),
    '[   42|42   |00042|00-42]',
  );
  assert.equal(
    printf('[%6s|%-6s|%2s]', [stringType(8), 'abc'], [stringType(8), 'abc'], [stringType(8), 'abc']),
    '[   abc|abc   |abc]',
  );
  assert.equal(printf('[%8.3d]', [INT32, 7]), '[       7]');
  assert.equal(printf('[%4s]', [tupleOf([INT32, INT32]), { _0: 1, _1: 2 }]), '[   (1, 2)]');
});

test('names, truth and truncation', () => {
  assert.equal(printf('%s %d %s', [COLOR, 3], [COLOR, 3], [COLOR, 9]), 'GREEN 3 9');
  assert.equal(printf('%s %d', [BOOL, 1], [BOOL, 0]), 'true 0');
  assert.equal(printf('%s', [pointerTo(VOID, 'kernel'), 255n]), '0xff');
  assert.equal(printf('%s', [stringType(4), 'abcd']), 'abcd..');
  assert.equal(printf('%d', [stringType(8), 'abc']), '!{invalid integer conversion: abc}');
});

test('buffers and flags', () => {
  const bytes = new Uint8Array([0x41, 0x00, 0xff, 0x20]);
  const buffer: readonly [Type, unknown] = [
    { kind: 'buffer', size: 4 },
    { length: 4, bytes },
  ];
  assert.equal(
    printf('%r|%rx|%rh|%s', buffer, buffer, buffer, buffer),
    'A\\x00\\xff |\\x41\\x00\\xff\\x20|41 00 ff 20|A\\x00\\xff ',
  );
  assert.equal(
    printf('%gr %gr %gr', [UINT32, 0xcc0], [UINT32, 0], [UINT32, 0x1000000]),
    'GFP_KERNEL 0 __GFP_SKIP_ZERO',
  );
});

test('bytes pass unchanged', () => {
  const text = printf('%s', [{ kind: 'string', size: 4 }, 'é']);
  assert.equal(Buffer.from(text, 'latin1').toString(), 'é');
});
