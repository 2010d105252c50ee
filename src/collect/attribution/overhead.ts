/** What watching costs: run time of our programs in the kernel and CPU time of this process, window by window. */
import { availableParallelism } from 'node:os';
import type { Overhead } from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import { countRuns } from '../../bpf/index.ts';
import type { Engine } from './engine.ts';

interface Reading {
  readonly ms: number;
  readonly agentUs: number;
  readonly dropped: number;
}

/** Counting runs costs some 20 ns each: done for a part of the time, and taken for the whole. */
const COUNTED_MS = 1000;

export class OverheadMeter {
  readonly #engine: Engine;
  #last: Reading;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#last = this.#read(0);
  }

  /** Of the time since the last call; takes a second. `dropped`: events lost since the start. */
  async advance(
    dropped: number,
    { budget, givenUp }: { readonly budget: number | null; readonly givenUp: readonly string[] },
  ): Promise<Overhead> {
    const { programs, countedMs } = await this.#countRuns();
    const last = this.#last;
    const now = this.#read(dropped);
    this.#last = now;
    const windowUs = (now.ms - last.ms) * 1000;
    const share = (us: number): number => us / (windowUs * availableParallelism());
    const scale = programs === undefined ? 0 : (now.ms - last.ms) / countedMs;
    const bpfUs = (programs ?? []).reduce((sum, { ns }) => sum + ns / 1000, 0) * scale;
    const agentUs = now.agentUs - last.agentUs;
    return {
      at: rfc3339(Date.now()),
      window_us: Math.round(windowUs),
      cpus: availableParallelism(),
      bpf_us: programs === undefined ? null : Math.round(bpfUs),
      agent_us: agentUs,
      cpu_share: share(bpfUs + agentUs),
      budget,
      bpf_memory_bytes: this.#engine.memoryBytes(),
      agent_memory_bytes: process.memoryUsage.rss(),
      dropped: now.dropped - last.dropped,
      signals: [...this.#engine.signals],
      given_up: givenUp,
      programs: (programs ?? []).map(({ hook, runs, ns }) => ({
        hook,
        runs: Math.round(runs * scale),
        run_us: Math.round((ns * scale) / 1000),
      })),
    };
  }

  async #countRuns() {
    let stop: () => void;
    try {
      stop = countRuns();
    } catch {
      // Linux 5.8 brought it.
      return { programs: undefined, countedMs: COUNTED_MS };
    }
    const before = new Map(this.#engine.programs().map((program) => [program.hook, program]));
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, COUNTED_MS));
    const after = this.#engine.programs();
    const countedMs = performance.now() - start;
    stop();
    const programs = after.map(({ hook, runs, ns }) => {
      const old = before.get(hook);
      return { hook, runs: runs - (old?.runs ?? 0), ns: ns - (old?.ns ?? 0) };
    });
    return { programs, countedMs };
  }

  #read(dropped: number): Reading {
    const { user, system } = process.cpuUsage();
    return { ms: performance.now(), agentUs: user + system, dropped };
  }
}
