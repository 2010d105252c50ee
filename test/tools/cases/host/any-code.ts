/** Tools of the topic "host: any code": the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { entries, sum } from '../../harness.ts';
import { COUNTS } from '../../load.ts';
import type { HostCase } from './case.ts';

/** They watch one function, which is called so often. */
const FSYNC = { load: 'syncs', arguments: ['libc', 'fsync'] } as const;

export const ANY_CODE: readonly HostCase[] = [
  {
    tool: 'stackcount',
    load: 'programs',
    arguments: ['sched:sched_process_fork'],
    check: ({ rows }) => assert.equal(sum(rows, 'value'), COUNTS.programs),
  },
  {
    tool: 'funccount',
    ...FSYNC,
    check: ({ rows }) => assert.equal(sum(rows, 'calls'), COUNTS.syncs),
  },
  {
    tool: 'funclatency',
    ...FSYNC,
    check: ({ rows }) => assert.equal(entries(rows, 'ns'), COUNTS.syncs),
  },
  {
    tool: 'argdist',
    ...FSYNC,
    check: ({ rows }) => assert.equal(entries(rows, 'arg0'), COUNTS.syncs),
  },
  {
    tool: 'trace',
    ...FSYNC,
    check: ({ rows }) => {
      assert.equal(rows.length, COUNTS.syncs);
      assert.deepEqual([...new Set(rows.map(({ arg0, result }) => Number(arg0) > 2 && result === 0))], [true]);
    },
  },
];
