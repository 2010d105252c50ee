/** The table of integer promotions, and what does not go together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { literalType, promote } from './promote.ts';
import { INT8, INT16, INT32, INT64, stringType, type Type, tupleOf, typeName, UINT8, UINT32, UINT64 } from './type.ts';

const together = (a: Type, b: Type): string | undefined => {
  const promoted = promote(a, b);
  return promoted && typeName(promoted);
};

test('integers of one sign take the larger size', () => {
  assert.equal(together(INT8, INT32), 'int32');
  assert.equal(together(UINT64, UINT8), 'uint64');
});

test('mixed signs take a signed type that holds both, int64 where none does', () => {
  assert.equal(together(UINT8, INT8), 'int16');
  assert.equal(together(INT16, UINT8), 'int16');
  assert.equal(together(UINT32, INT32), 'int64');
  assert.equal(together(UINT64, INT8), 'int64');
});

test('a literal takes the sign of what it meets', () => {
  assert.equal(together(literalType(1n), UINT64), 'uint64');
  assert.equal(together(literalType(1n), INT16), 'int16');
  assert.equal(together(literalType(300n), UINT8), 'uint16');
  assert.equal(together(literalType(-1n), UINT32), 'int64');
  assert.equal(typeName(literalType(2n ** 63n)), 'uint64');
});

test('texts take the larger buffer; tuples grow element by element', () => {
  assert.equal(together(stringType(3), stringType(9)), 'string[9]');
  assert.equal(together(tupleOf([INT8, stringType(2)]), tupleOf([INT64, stringType(5)])), '(int64,string[5])');
  assert.equal(together(tupleOf([INT8]), tupleOf([INT8, INT8])), undefined);
  assert.equal(together(INT8, stringType(2)), undefined);
});
