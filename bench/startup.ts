/** Start to exit of the smallest script, beside bpftrace: wall time and peak memory, medians of alternating runs. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const RUNS = 10;
const PEBBLE = fileURLToPath(new URL('../pebble', import.meta.url));
const SCRIPT = 'BEGIN { exit(); }';
/** Ratios of issue 5. */
const BARS = { wall: 0.4, memory: 0.85 };

interface Sample {
  readonly milliseconds: number;
  readonly megabytes: number;
}

/** GNU time writes the peak resident set in KB as the last line of standard error. */
function measure(command: readonly string[]): Sample {
  const start = performance.now();
  const { status, stderr, error } = spawnSync('/usr/bin/time', ['-f', '%M', ...command], { encoding: 'utf8' });
  const milliseconds = performance.now() - start;
  if (error || status !== 0) throw new Error(`${command.join(' ')}: ${error?.message ?? stderr}`);
  return { milliseconds, megabytes: Number(stderr.trim().split('\n').at(-1)) / 1024 };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

function medians(samples: readonly Sample[]): Sample {
  return {
    milliseconds: median(samples.map((sample) => sample.milliseconds)),
    megabytes: median(samples.map((sample) => sample.megabytes)),
  };
}

const commands = { pebble: [PEBBLE, 'trace', '-e', SCRIPT], bpftrace: ['bpftrace', '-e', SCRIPT] };
const samples: Record<keyof typeof commands, Sample[]> = { pebble: [], bpftrace: [] };
for (let run = -1; run < RUNS; run++) {
  for (const name of ['pebble', 'bpftrace'] as const) {
    const sample = measure(commands[name]);
    // The first run fills caches.
    if (run >= 0) samples[name].push(sample);
  }
}

const pebble = medians(samples.pebble);
const bpftrace = medians(samples.bpftrace);
const wall = pebble.milliseconds / bpftrace.milliseconds;
const memory = pebble.megabytes / bpftrace.megabytes;
const cell = (value: number, digits: number): string => value.toFixed(digits).padStart(9);
console.log(`${''.padEnd(10)}${'wall ms'.padStart(9)}${'peak MB'.padStart(9)}   (medians of ${RUNS})`);
console.log(`${'pebble'.padEnd(10)}${cell(pebble.milliseconds, 1)}${cell(pebble.megabytes, 1)}`);
console.log(`${'bpftrace'.padEnd(10)}${cell(bpftrace.milliseconds, 1)}${cell(bpftrace.megabytes, 1)}`);
console.log(`${'ratio'.padEnd(10)}${cell(wall, 2)}${cell(memory, 2)}   bars ${BARS.wall} and ${BARS.memory}`);
process.exitCode = wall <= BARS.wall && memory <= BARS.memory ? 0 : 1;
