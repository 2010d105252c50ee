/** `bench:` and `test:` probes, which the tracer runs by hand: how long one run takes, and whether it gives 0. */
import { type Collection, countRuns } from '../bpf/index.ts';
import type { ScriptProbe } from '../lang/script.ts';
import type { BenchResult } from './format/output-format.ts';

export type Mode = 'bench' | 'test';

/** How long one probe is run, and how many runs go between two looks at the clock. */
const BENCH_MS = 200;
const BATCH = 256;

export const labelOf = ({ name }: ScriptProbe): string => name.slice(name.indexOf(':') + 1);

export function measure(probe: ScriptProbe, collection: Collection): BenchResult {
  const program = collection.program(probe.program);
  const stop = countRuns();
  try {
    const before = program.stats();
    for (const end = Date.now() + BENCH_MS; Date.now() < end; ) {
      for (let i = 0; i < BATCH; i++) program.testRun();
    }
    const after = program.stats();
    const iterations = Number(after.runs - before.runs);
    const average = Math.round(Number(after.timeNs - before.timeNs) / Math.max(1, iterations));
    return { name: labelOf(probe), average, iterations };
  } finally {
    stop();
  }
}

/** Passed when the script does not return anything else than 0. */
export const passes = (probe: ScriptProbe, collection: Collection): boolean =>
  collection.program(probe.program).testRun().returned === 0;
