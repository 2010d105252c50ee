/** Tools of the topic "host: CPUs": the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { entries, type Seen, sum } from '../../harness.ts';
import { COUNTS } from '../../load.ts';
import { mainSwitchesOf, switchesOf } from '../../loads/cpu.ts';
import { hardirqs, softirqs } from '../../loads/interrupts.ts';
import { assertSampled } from '../sampled.ts';
import { assertBetween, type HostCase, rowWhere } from './case.ts';

/**
 * Each nap is one switch; the load's other threads have theirs. In some virtual machines the kernel does not tell when
 * threads of the machine's own agent leave a CPU, and so not who comes next: of 117,000 switches 66, of 110 at most 3.
 */
function checkSwitches({ counted }: Seen, count: number): void {
  assert.ok(counted >= COUNTS.naps, String(counted));
  assertBetween(count, counted * 0.9, counted);
}

function checkSamples({ said }: Seen, count: number): void {
  const [burntMs, allMs] = said.split(' ').map(Number);
  assertSampled(count, burntMs!, allMs!);
}

export const CPUS: readonly HostCase[] = [
  {
    tool: 'runqlat',
    load: 'naps',
    counts: switchesOf,
    check: (seen) => checkSwitches(seen, entries(seen.rows, 'usecs')),
  },
  {
    tool: 'cpudist',
    load: 'naps',
    counts: switchesOf,
    check: (seen) => checkSwitches(seen, entries(seen.rows, 'usecs')),
  },
  {
    tool: 'runqslower',
    load: 'naps',
    arguments: ['--min-us', '0'],
    counts: mainSwitchesOf,
    check: (seen) => checkSwitches(seen, rowWhere(seen.rows, 'tid', seen.pid).length),
  },
  { tool: 'profile', load: 'burns', check: (seen) => checkSamples(seen, sum(seen.rows, 'samples')) },
  { tool: 'cpuwalk', load: 'burns', check: (seen) => checkSamples(seen, sum(seen.rows, 'samples')) },
  {
    tool: 'runqlen',
    load: 'burns',
    filter: false,
    check: ({ rows }) =>
      assertSampled(entries(rows, 'waiting'), (availableParallelism() * Number(rows[0]!.window_us)) / 1000),
  },
  {
    tool: 'softirqs',
    load: 'interrupts',
    filter: false,
    meter: softirqs,
    check: ({ rows, said, metered }) => assertBetween(entries(rows, 'ns'), Number(said.split(' ')[0]), metered),
  },
  {
    tool: 'hardirqs',
    load: 'interrupts',
    filter: false,
    meter: hardirqs,
    check: ({ rows, said, metered }) => assertBetween(entries(rows, 'ns'), Number(said.split(' ')[1]), metered),
  },
  {
    tool: 'loads',
    load: 'averages',
    filter: false,
    check: ({ rows, said }) => {
      const averages = (text: string) => text.split(' ').slice(0, 3).join(' ');
      const read = said.split('\n').map(averages);
      assert.ok(
        rows.some(({ text }) => read.includes(averages(String(text)))),
        said,
      );
    },
  },
];
