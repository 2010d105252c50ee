/** The text form of the IR reads back to the same text, for every operation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printProgram, validateProgram } from './index.ts';
import { parseProgram } from './parse.ts';

const EVERYTHING = `\
function entry(%0) {
slot $0 key 16 align 8
slot $1 task 8 align 8 frame
b0:
  %1 = mov64 5
  %1 = mov32 %0
  %2 = sdiv64 %1, -3
  %2 = add32 %2, %1
  %3 = neg32 %2
  %3 = extend s16 %3
  %3 = byteswap 8 %3
  %4 = load u32 [%0, 8]
  %4 = load s8 [$0]
  store 8 [$0, 8], %4
  store 2 [$0], -1
  atomic add 8 [$0], %1
  %5 = atomic xchg 4 [$0, 4], %1
  %5 = atomic cmpxchg 8 [%0], %1, %2
  copy [$0], [%0, 4], 13
  zero [$1], 8
  %6 = address [$0, 8]
  %6 = map counts
  %6 = mapValue data, 24
  %6 = functionAddress callback
  %6 = kernelSymbol jiffies
  %7 = helper map_lookup_elem(%6, %3)
  helper trace_printk(%6, 4, 1)
  %7 = kfunc bpf_task_from_pid(%1)
  %7 = call callback(%1, 2)
  branch ult64 %7, 10, b1, b2
b1:
  guard b0, b2
b2:
  jump b3
b3:
  return %7
}

function callback(%0, %1) {
b0:
  return 0
}
`;

test('text goes in and comes out the same', () => {
  const program = parseProgram('p', EVERYTHING);
  validateProgram(program);
  assert.equal(printProgram(program), EVERYTHING);
});

test('the validator says what is wrong', () => {
  const broken = (body: string) => () =>
    validateProgram(parseProgram('p', `function f(%0) {\nslot $0 s 4 align 4\nb0:\n${body}\n}\n`));
  assert.throws(broken('  %1 = mov64 %2\n  return 0'), /%2 is read but never written/);
  assert.throws(broken('  jump b7'), /goes to 7, which does not exist/);
  assert.throws(broken('  store 8 [$0], 1\n  return 0'), /store reaches bytes 0–8 of slot s, which has 4/);
  assert.throws(broken('  %1 = mov64 1'), /block 0 has no terminator/);
});
