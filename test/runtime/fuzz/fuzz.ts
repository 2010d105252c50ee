/**
 * `npm run fuzz -- [--minutes 60] [--only NAME,…] [--seed N]`: fuzzes the parsers in a process that is watched. An
 * input that throws something else than a refusal, does not end, or takes all memory is written to a file.
 */
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readStat } from '../../../src/postgres/discover/index.ts';
import type { Finding } from './session.ts';
import { TARGETS } from './targets.ts';
import { type FuzzSetup, type SliceReport, STATE_HEADER } from './worker.ts';

const SLICE_MS = 2000;
/** Of the parser's CPU time: on a busy machine an hour of the clock says nothing. */
const HANG_MS = 60_000;
const HEAP_MB = 512;
/** Of memory in use, from the first tenth of the time to the end. */
const MOST_GROWTH = 8 << 20;
const FINDINGS = fileURLToPath(new URL('../../../.pebble/fuzz/', import.meta.url));

interface Sample {
  readonly at: number;
  readonly memory: number;
  readonly resident: number;
}

const cpuMs = (pid: number): number => (readStat(pid)?.cpuUs ?? 0) / 1000;

class Campaign {
  readonly #seed: number;
  readonly #targets: readonly number[];
  readonly #directory = mkdtempSync(join(tmpdir(), 'pebble-fuzz-'));
  readonly #state = join(this.#directory, 'state');
  readonly #totals = new Map<string, Pick<SliceReport, 'inputs' | 'accepted' | 'outcomes'>>();
  readonly #samples: Sample[] = [];
  readonly #findings = new Set<string>();
  #restarts = 0;

  constructor(seed: number, targets: readonly number[]) {
    this.#seed = seed;
    this.#targets = targets;
  }

  async run(minutes: number): Promise<boolean> {
    const start = performance.now();
    const end = start + minutes * 60_000;
    while (!(await this.#watch(end))) this.#restarts++;
    rmSync(this.#directory, { recursive: true });
    return this.#summarize(start + (end - start) / 10);
  }

  /** Runs until the time is over (true), or until the process is lost to an input. */
  async #watch(end: number): Promise<boolean> {
    const setup: FuzzSetup = {
      state: this.#state,
      seed: this.#seed + this.#restarts,
      targets: this.#targets,
      sliceMs: SLICE_MS,
    };
    const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), [JSON.stringify(setup)], {
      execArgv: [`--max-old-space-size=${HEAP_MB}`, '--disable-warning=ExperimentalWarning'],
      // Findings are bytes.
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    });
    const before = new Map(this.#totals);
    child.on('message', (slice) => this.#take(slice as SliceReport, before));
    const lost = await new Promise<string | undefined>((resolve) => {
      let seen = 0;
      let seenAt = 0;
      const timer = setInterval(() => {
        const used = cpuMs(child.pid!);
        const inputs = this.#read(4);
        if (inputs !== seen) [seen, seenAt] = [inputs, used];
        else if (used - seenAt > HANG_MS) finish(`no end after ${HANG_MS / 1000} s of CPU`);
        if (performance.now() > end) finish(undefined);
      }, 500);
      const finish = (what: string | undefined) => {
        clearInterval(timer);
        resolve(what);
      };
      child.once('exit', (status, signal) => finish(`the process ended: ${signal ?? `status ${status}`}`));
    });
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    if (lost === undefined) return true;
    const input = readFileSync(this.#state).subarray(STATE_HEADER, STATE_HEADER + this.#read(8));
    this.#keep({ target: TARGETS[this.#read(0)]!.name, input, what: lost });
    return false;
  }

  #read(at: number): number {
    try {
      const state = readFileSync(this.#state);
      return state.length >= STATE_HEADER ? state.readUInt32LE(at) : 0;
    } catch {
      return 0;
    }
  }

  #take(slice: SliceReport, before: ReadonlyMap<string, Pick<SliceReport, 'inputs' | 'accepted'>>): void {
    const { target, memory, resident, outcomes } = slice;
    const old = before.get(target) ?? { inputs: 0, accepted: 0 };
    this.#totals.set(target, { inputs: slice.inputs + old.inputs, accepted: slice.accepted + old.accepted, outcomes });
    this.#samples.push({ at: performance.now(), memory, resident });
    for (const finding of slice.findings) this.#keep(finding);
  }

  #keep({ target, input, what }: Finding): void {
    const where = what.split('\n').slice(0, 3).join(' ');
    if (this.#findings.has(`${target} ${where}`)) return;
    this.#findings.add(`${target} ${where}`);
    mkdirSync(FINDINGS, { recursive: true });
    const path = `${FINDINGS}${target}-${this.#findings.size}`;
    writeFileSync(path, input);
    console.log(`${target}: ${where}\n  input: ${path}`);
  }

  /** True when nothing was found. */
  #summarize(warmAt: number): boolean {
    for (const [name, { inputs, accepted, outcomes }] of this.#totals) {
      const cells = [`${inputs} inputs`, `${accepted} accepted`, `${outcomes} outcomes`];
      console.log(`${name.padEnd(16)}${cells.map((cell) => cell.padStart(20)).join('')}`);
    }
    const warm = this.#samples.filter(({ at }) => at > warmAt);
    const tenth = Math.ceil(warm.length / 10);
    const [first, last] = [warm.slice(0, tenth), warm.slice(-tenth)].map((samples) => ({
      memory: median(samples.map(({ memory }) => memory)),
      resident: median(samples.map(({ resident }) => resident)),
    })) as [Omit<Sample, 'at'>, Omit<Sample, 'at'>];
    const from = (key: keyof typeof first) => `${megabytes(first[key])} to ${megabytes(last[key])} MB`;
    console.log(`in use after collections: ${from('memory')}; resident: ${from('resident')}`);
    console.log(`${this.#findings.size} findings, ${this.#restarts} restarts`);
    return this.#findings.size === 0 && last.memory - first.memory <= MOST_GROWTH;
  }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    only: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const chosen = values.only?.split(',');
const targets = TARGETS.flatMap(({ name }, index) => (!chosen || chosen.includes(name) ? [index] : []));
console.log(`seed ${values.seed}, ${targets.length} parsers, ${values.minutes} minutes`);
const fine = await new Campaign(Number(values.seed), targets).run(Number(values.minutes));
process.exitCode = fine ? 0 : 1;
