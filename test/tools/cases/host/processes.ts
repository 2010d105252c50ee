/** Tools of the topic "host: processes and users": the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { sum } from '../../harness.ts';
import { COUNTS, OTHER_UID } from '../../load.ts';
import { missing } from '../../loads/talk.ts';
import { type HostCase, rowWhere } from './case.ts';

export const PROCESSES: readonly HostCase[] = [
  {
    tool: 'syscount',
    load: 'syncs',
    check: ({ rows }) => assert.equal(sum(rowWhere(rows, 'syscall', 'fsync'), 'calls'), COUNTS.syncs),
  },
  {
    tool: 'execsnoop',
    load: 'programs',
    filter: false,
    check: ({ rows, pid }) =>
      assert.equal(rowWhere(rows, 'ppid', pid).filter(({ path }) => path === '/bin/true').length, COUNTS.programs),
  },
  {
    tool: 'threadsnoop',
    load: 'programs',
    check: ({ rows, pid }) => {
      const processes = rows.filter((row) => row.pid === row.tid && row.parent === pid);
      assert.equal(processes.length, COUNTS.programs);
    },
  },
  {
    tool: 'exitsnoop',
    load: 'programs',
    filter: false,
    check: ({ rows, pid: own, said }) => {
      const [load] = rowWhere(rows, 'pid', own);
      assert.deepEqual([load?.status, load?.signal], [0, 0]);
      const pids = said.split(' ').map(Number);
      const ended = rowWhere(rows, 'comm', 'true').filter(({ pid }) => pids.includes(Number(pid)));
      assert.equal(ended.length, COUNTS.programs);
    },
  },
  {
    tool: 'killsnoop',
    load: 'signals',
    check: ({ rows }) => assert.equal(rowWhere(rows, 'signal', 23).length, COUNTS.signals),
  },
  { tool: 'pidpersec', load: 'programs', check: ({ rows }) => assert.equal(sum(rows, 'created'), COUNTS.programs) },
  {
    tool: 'setuids',
    load: 'users',
    filter: false,
    check: ({ rows }) => assert.equal(rowWhere(rows, 'to_uid', OTHER_UID).length, COUNTS.users),
  },
  {
    tool: 'capable',
    load: 'owners',
    // CAP_CHOWN of linux/capability.h: 0.
    check: ({ rows }) => assert.equal(sum(rowWhere(rows, 'capability', 0), 'checks'), COUNTS.owners),
  },
  {
    tool: 'bashreadline',
    load: 'typed',
    filter: false,
    unable: () => missing('bash', 'script'),
    check: ({ rows }) => {
      const typed = rows.filter(({ line }) => /^: typed \d+$/.test(String(line)));
      assert.equal(typed.length, COUNTS.commands);
    },
  },
];
