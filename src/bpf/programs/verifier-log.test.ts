import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarize } from './verifier-log.ts';

const TRACE = `0: R1=ctx() R10=fp0
; $x = *arg0; @ script.bt:2
0: (79) r6 = *(u64 *)(r1 +0)          ; R1=ctx() R6=scalar()
1: (79) r0 = *(u64 *)(r6 +8)
R6 invalid mem access 'scalar'
`;
const STATISTICS = 'processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n';
/** Shortened. */
const REPORT = `
Verification failed: Register Type Safety: Invalid dereference

Reason:
  R6 is an integer scalar here, not a pointer to memory.

At:
  main @ script.bt:2:3

Suggestion:
  Preserve a pointer-valued register where needed.

`;

test('the line before the statistics tells, with or without the report of Linux 7.3', () => {
  const expected = { telling: "R6 invalid mem access 'scalar'", slot: 1 };
  assert.deepEqual(summarize(TRACE + STATISTICS), expected);
  assert.deepEqual(summarize(TRACE + REPORT + STATISTICS), expected);
});
