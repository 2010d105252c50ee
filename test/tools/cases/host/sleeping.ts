/** Tools of the topic "host: sleeping and waking": the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { type Seen, sum } from '../../harness.ts';
import { COUNTS, NAP_US } from '../../load.ts';
import { assertBetween, type HostCase } from './case.ts';

/** Naps are of a millisecond at least; a thread sleeps no longer than it lives. */
function checkSlept({ rows, said }: Seen, commOf: (key: readonly string[]) => string | undefined): void {
  const [comm, , , elapsedUs] = said.split('\n');
  const main = rows.filter(({ key }) => commOf(key as readonly string[]) === comm);
  assertBetween(sum(main, 'us'), COUNTS.naps * 1000, Number(elapsedUs) + 200_000);
}

export const SLEEPING: readonly HostCase[] = [
  {
    tool: 'naptime',
    load: 'sleeps',
    filter: false,
    check: ({ rows }) => {
      const naps = rows.filter(({ comm, us }) => comm === 'sleep' && us === NAP_US);
      assert.equal(naps.length, COUNTS.programs);
    },
  },
  { tool: 'offcputime', load: 'naps', check: (seen) => checkSlept(seen, (key) => key[2]) },
  { tool: 'wakeuptime', load: 'naps', check: (seen) => checkSlept(seen, (key) => key[0]) },
];
