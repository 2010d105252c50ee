/** Tools of the topic "host: memory": the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { entries, sum } from '../../harness.ts';
import { COUNTS } from '../../load.ts';
import { noMemoryCgroup } from '../../loads/memory.ts';
import { type HostCase, rowWhere } from './case.ts';

export const MEMORY: readonly HostCase[] = [
  {
    tool: 'oomkill',
    load: 'killed',
    filter: false,
    unable: noMemoryCgroup,
    check: ({ rows, said }) => {
      const pids = said.split(' ').map(Number);
      assert.equal(pids.length, COUNTS.killed);
      const killed = rows.filter((row) => pids.includes(Number(row.pid)));
      assert.deepEqual(
        killed.map(({ comm }) => comm),
        pids.map(() => 'dd'),
      );
    },
  },
  {
    tool: 'reclaim',
    load: 'reclaimed',
    filter: false,
    unable: noMemoryCgroup,
    check: ({ rows, said }) => {
      const stalls = entries(rowWhere(rows, 'key', 'cat'), 'usecs');
      // 80 MiB more than the limit had to go, some pages at a time.
      assert.ok(Number(said) >= COUNTS.blocks, said);
      assert.equal(stalls, Number(said), JSON.stringify(rows));
    },
  },
  {
    tool: 'swapin',
    load: 'faults',
    // What getrusage of the load says.
    check: ({ rows, said }) => {
      assert.ok(Number(said) >= COUNTS.faults - 1, said);
      assert.equal(sum(rows, 'faults'), Number(said));
    },
  },
];
