/** Compiling the attribution program, the largest script: the first time in a process, and once V8 has compiled the compiler. */
import { spawnSync } from 'node:child_process';
import { findWays, SIGNALS } from '../src/collect/attribution/index.ts';
import { compileProgram } from '../src/collect/attribution/program.ts';
import { upperMedianOf as median } from './statistics.ts';

const PROCESSES = 5;
const RUNS = 30;
/** Of these the last are warm. */
const WARM = 10;
const BAR_MS = 50;

interface Sample {
  readonly wall: number;
  readonly cpu: number;
  readonly instructions: number;
}

async function measure(): Promise<Sample[][]> {
  const ways = await findWays();
  return [new Set<never>(), new Set(SIGNALS)].map((signals) =>
    Array.from({ length: RUNS }, () => {
      const before = process.cpuUsage();
      const start = performance.now();
      const { collection } = compileProgram(signals, 1, ways);
      const wall = performance.now() - start;
      const { user, system } = process.cpuUsage(before);
      const functions = collection.programs.flatMap((program) => program.functions);
      const instructions = functions.reduce((sum, { insns }) => sum + insns.length, 0);
      return { wall, cpu: (user + system) / 1000, instructions };
    }),
  );
}

if (process.argv.includes('--child')) {
  console.log(JSON.stringify(await measure()));
} else {
  const results = Array.from({ length: PROCESSES }, (): Sample[][] => {
    const { stdout } = spawnSync(process.execPath, [...process.execArgv, import.meta.filename, '--child'], {
      encoding: 'utf8',
    });
    return JSON.parse(stdout) as Sample[][];
  });
  const figures = (samples: readonly Sample[]) =>
    `${median(samples.map(({ wall }) => wall)).toFixed(1)} ms, ${median(samples.map(({ cpu }) => cpu)).toFixed(1)} ms of CPU`;
  for (const [i, name] of ['times and waits', 'all signals'].entries()) {
    const runs = results.map((result) => result[i]!);
    const first = figures(runs.map((samples) => samples[0]!));
    const warm = figures(runs.flatMap((samples) => samples.slice(-WARM)));
    console.log(`${name}, ${runs[0]![0]!.instructions} instructions: first ${first}; warm ${warm} (bar ${BAR_MS} ms)`);
  }
}
