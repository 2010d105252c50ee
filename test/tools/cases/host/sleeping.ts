/** Tools of the topic "host: sleeping and waking": the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { type Seen, sum } from '../../harness.ts';
import { COUNTS, NAP_US } from '../../load.ts';
import { assertBetween, type HostCase } from './case.ts';

/** Of sums, which leave out what is no whole microsecond, and of marks that are not taken in the moment of a switch. */
const SLACK = { share: 0.02, us: 5000 };

/** A thread sleeps when it neither runs nor waits for a CPU; some tools count that wait, too. */
function checkSlept({ rows, said }: Seen, commOf: (key: readonly string[]) => string | undefined, most: number): void {
  const [comm, , elapsed, onCpu, queued] = said.split('\n');
  const slept = Number(elapsed) - Number(onCpu) - Number(queued);
  const main = rows.filter(({ key }) => commOf(key as readonly string[]) === comm);
  const slack = Number(elapsed) * SLACK.share + SLACK.us;
  // A nap is a millisecond, less what was over when it fell asleep.
  assert.ok(slept > COUNTS.naps * 500, said);
  assertBetween(sum(main, 'us'), slept - slack, slept + most * Number(queued) + slack);
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
  { tool: 'offcputime', load: 'naps', check: (seen) => checkSlept(seen, (key) => key[2], 1) },
  { tool: 'wakeuptime', load: 'naps', check: (seen) => checkSlept(seen, (key) => key[0], 0) },
];
