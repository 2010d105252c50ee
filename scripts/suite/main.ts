/** Runs the tests: most beside each other, those that measure one at a time, the few that failed once more. `node scripts/suite/main.ts [FILE…]`. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { spec } from 'node:test/reporters';
import { type Files, findFiles } from './files.ts';
import { Outcome } from './outcome.ts';
import { type Limits, runFile, type TestEvent } from './run.ts';

/** A test takes a few seconds; on a machine that is busy with other things ten times as long. */
const TEST_SECONDS = Number(process.env.PEBBLE_TEST_SECONDS ?? 120);
const SUITE_MINUTES = Number(process.env.PEBBLE_TEST_MINUTES ?? 20);
/** They measure real time on machines that others share: that many get a second chance, and it is said. */
const SECOND_CHANCES = 6;

/** One more than there are CPUs, because tests mostly wait. */
const BESIDE = availableParallelism() + 1;

const begin = performance.now();
const end = new AbortController();
const tooLong = `the run has had its ${SUITE_MINUTES} minutes (PEBBLE_TEST_MINUTES)`;
setTimeout(() => end.abort(new Error(tooLong)), SUITE_MINUTES * 60_000);
const limits: Limits = { testMs: TEST_SECONDS * 1000, deadline: end.signal };
const isRoot = process.getuid?.() === 0;
const patterns = process.argv.slice(2);
const files = findFiles(patterns, isRoot);
const cpuBefore = cpuTimes();
const first = await attempt(files);
for (const line of first.lines()) console.log(line);
const objections = first.objections([...files.together, ...files.alone]);
for (const line of objections) console.log(line);
let failed = first.failed.length;
if (failed > 0 && failed <= SECOND_CHANCES && !limits.deadline.aborted) {
  console.log(`once more, alone: ${first.failed.join(' ')}`);
  failed = (await attempt({ together: [], alone: first.failed })).failed.length;
  if (failed === 0) console.log('passed at the second try: see above what failed at the first');
}
if (limits.deadline.aborted) console.log(tooLong);
if (patterns.length === 0 && !isRoot)
  console.log('skipped *.kernel.test.ts: loading programs into the kernel needs root');
console.log(`took ${((performance.now() - begin) / 1000).toFixed(0)} s; ${cpuUse(cpuBefore, cpuTimes())}`);
// At once: what a test has left behind may still hold our output.
process.exit(failed > 0 || objections.length > 0 ? 1 : 0);

async function attempt({ together, alone }: Files): Promise<Outcome> {
  const outcome = new Outcome();
  const screen = new spec();
  screen.pipe(process.stdout, { end: false });
  await runEach(together, BESIDE);
  await runEach(alone, 1);
  for (const [name, count] of Object.entries(outcome.counts))
    screen.write({ type: 'test:diagnostic', data: { nesting: 0, message: `${name} ${count}`, level: 'info' } });
  screen.end();
  await new Promise((resolve) => screen.once('end', resolve));
  return outcome;

  async function runEach(paths: readonly string[], jobs: number): Promise<void> {
    const queue = [...paths];
    const work = async () => {
      for (let file = queue.shift(); file && !limits.deadline.aborted; file = queue.shift())
        await runOne(file, jobs > 1);
    };
    await Promise.all(Array.from({ length: jobs }, work));
  }

  /** Of files that run beside others the screen shows each as a whole, at its end. */
  async function runOne(file: string, whole: boolean): Promise<void> {
    const start = performance.now();
    const kept: TestEvent[] = [];
    for await (const event of runFile(file, limits)) {
      outcome.add(file, event);
      if (whole) kept.push(event);
      else screen.write(event);
    }
    for (const event of kept) screen.write(event);
    if (!limits.deadline.aborted) outcome.took(file, (performance.now() - start) / 1000);
  }
}

interface CpuTimes {
  readonly idle: number;
  readonly stolen: number;
  readonly all: number;
}

/** The first line of /proc/stat (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal. */
function cpuTimes(): CpuTimes {
  const line = readFileSync('/proc/stat', 'latin1').split('\n')[0]!;
  const times = line.split(/\s+/).slice(1, 9).map(Number);
  return { idle: times[3]! + times[4]!, stolen: times[7]!, all: times.reduce((sum, one) => sum + one, 0) };
}

/** Why a run took longer than another: a machine that others used, or waiting. */
function cpuUse(before: CpuTimes, after: CpuTimes): string {
  const all = Math.max(1, after.all - before.all);
  const share = (name: 'idle' | 'stolen'): string => `${Math.round((100 * (after[name] - before[name])) / all)} %`;
  return `of the machine's CPU time ${share('idle')} idle, ${share('stolen')} stolen`;
}
