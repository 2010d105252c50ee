/** Samples of a clock, and accesses to an address. */
import { PERF_SOFTWARE, PERF_TYPE } from '../../../src/bpf/sys/index.ts';
import { allocate } from '../../../src/native/index.ts';
import { countHits, PRIME } from './hits.ts';
import { Absent, type Row } from './row.ts';

const SAMPLED_MS = 300;
const FREQUENCY = 99;

export const PERF_EVENTS: readonly Row[] = [
  {
    name: 'samples of the CPU clock',
    needs: ['cpu_clock'],
    run: () =>
      countHits({
        program: { kind: 'perf_event' },
        link: {
          kind: 'perf_event',
          program: 'count',
          type: PERF_TYPE.software,
          config: BigInt(PERF_SOFTWARE.cpu_clock),
          frequency: FREQUENCY,
          pid: process.pid,
        },
        fire: () => {
          for (const end = performance.now() + SAMPLED_MS; performance.now() < end; );
        },
        // A busy machine gives us less of its time; frequencies need a while to settle.
        expected: (hits) => hits >= 3 && hits <= (2 * SAMPLED_MS * FREQUENCY) / 1000,
      }),
  },
  { name: 'watchpoint', needs: ['watchpoint'], run: watch },
];

async function watch(): Promise<string> {
  const block = allocate(64);
  let hits = 0;
  const how = await countHits({
    program: { kind: 'perf_event' },
    link: {
      kind: 'watchpoint',
      program: 'count',
      address: BigInt(block.address),
      length: 1,
      mode: 'w',
      pid: process.pid,
    },
    fire: () => {
      for (let i = 0; i < PRIME; i++) block.view.setUint8(0, i);
    },
    expected: (counted) => {
      hits = counted;
      return counted === 0 || counted === PRIME;
    },
  });
  if (hits === 0) throw new Absent('the debug registers of this virtual machine do nothing');
  return how;
}
