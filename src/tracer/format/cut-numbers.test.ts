/** Which numbers a printf of 32 bits cuts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { record, u32 } from '../../base/record.ts';
import { shapeOf } from '../../lang/types/layout.ts';
import { INT64, type Type, UINT32, UINT64 } from '../../lang/types/type.ts';
import { recordOf } from '../testing/memory.ts';
import { findCuts } from './cut-numbers.ts';

function said(format: string, type: Type, value: bigint): string | undefined {
  const shape = record('printf', { id: u32, a: shapeOf(type) });
  return findCuts(format, [{ name: 'a', type }], shape)?.(recordOf(shape, { a: value }), 0);
}

test('what 32 bits cannot show is told, with what can', () => {
  assert.equal(said('%d ns', UINT64, 5_000_000_000n), '%d shows 32 of the 64 bits of 5000000000: write %ld');
  assert.equal(said('%5u', INT64, -5_000_000_000n), '%u shows 32 of the 64 bits of -5000000000: write %lu');
  assert.match(said('%x', UINT64, 0x1_0000_0000n)!, /write %lx/);
});

test('numbers that are shown whole are not', () => {
  assert.equal(said('%d', UINT64, 0x7fff_ffffn), undefined);
  assert.equal(said('%u', UINT64, 0xffff_ffffn), undefined);
  // -3 of an int in a register.
  assert.equal(said('%d', UINT64, 0xffff_fffdn), undefined);
  for (const conversion of ['%d', '%x', '%u']) assert.equal(said(conversion, INT64, -1n), undefined);
});

test('where none can be cut, nobody looks', () => {
  const shape = record('printf', { id: u32, a: shapeOf(UINT64) });
  const args = [{ name: 'a', type: UINT64 }];
  for (const format of ['%ld', '%lu', '%hd', '%s', '%p']) assert.equal(findCuts(format, args, shape), undefined);
  assert.equal(findCuts('%d', [{ name: 'a', type: UINT32 }], record('p', { id: u32, a: u32 })), undefined);
});
