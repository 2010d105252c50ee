/** Tools of the topic "host: sleeping and waking": the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { type Seen, sum } from '../../harness.ts';
import { COUNTS, NAP_US } from '../../load.ts';
import { mainSwitchesOf } from '../../loads/cpu.ts';
import { assertBetween, type HostCase } from './case.ts';

/** A switch that the kernel does not tell of (checkSwitches in cpus.ts) makes of two sleeps one, with what lay between. */
const LEAST = 0.8;
const MORE = { ofElapsed: 0.25, us: 20_000 };

/** A thread sleeps when it neither runs nor waits for a CPU; some tools count that wait, too. */
function checkSlept({ rows, said }: Seen, commOf: (key: readonly string[]) => string | undefined, most: number): void {
  const [comm, , elapsed, onCpu, queued] = said.split('\n');
  const slept = Number(elapsed) - Number(onCpu) - Number(queued);
  const main = rows.filter(({ key }) => commOf(key as readonly string[]) === comm);
  const slack = Number(elapsed) * MORE.ofElapsed + MORE.us;
  // A nap is a millisecond, less what was over when it fell asleep.
  assert.ok(slept > COUNTS.naps * 500, said);
  assertBetween(sum(main, 'us'), slept * LEAST, slept + most * Number(queued) + slack);
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
  // The load stays until the tool has ended: at its end it would sleep once more, until its threads have ended.
  {
    tool: 'offcputime',
    load: 'naps',
    counts: mainSwitchesOf,
    check: (seen) => checkSlept(seen, (key) => key[2], 1),
  },
  {
    tool: 'wakeuptime',
    load: 'naps',
    counts: mainSwitchesOf,
    check: (seen) => checkSlept(seen, (key) => key[0], 0),
  },
];
