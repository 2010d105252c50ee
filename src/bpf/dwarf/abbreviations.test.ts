/** Abbreviations as compilers write them: constants of 64 bits do not keep the rest of a table from being read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAbbreviations } from './abbreviations.ts';
import { AT, FORM, TAG } from './constants.ts';

const FORMAT = { addressSize: 8, offsetSize: 4, version: 5 } as const;

test('an implicit constant that no number holds exactly is not known, and what follows is read', () => {
  // INT64_MIN as SLEB128; then -7.
  const lowest = [...Array<number>(9).fill(0x80), 0x7f];
  const bytes = Buffer.from([
    ...[1, TAG.subprogram, 0, AT.constValue, FORM.implicitConst, ...lowest, 0, 0],
    ...[2, TAG.subprogram, 0, AT.constValue, FORM.implicitConst, 0x79, 0, 0],
    0,
  ]);
  const table = readAbbreviations(bytes, 0, FORMAT, 'a program');
  const implicit = [1, 2].map((code) => table.get(code)?.attributes[0]?.implicit);
  assert.deepEqual(implicit, [undefined, -7]);
});
